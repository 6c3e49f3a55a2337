# What the java-buildpack 4.x does with one URL: download_cache.rb URL FOLDER
#
# Keeps FOLDER/cached beside the ETag and Last-Modified that came with it, sends both back the
# next time, takes 200, 304 and the four redirects it knows, and nothing else (206 and 308 are
# failures), and compares the size with Content-Length. Prints one line of JSON.

require 'digest'
require 'json'
require 'net/http'
require 'uri'

REDIRECTS = [Net::HTTPMovedPermanently, Net::HTTPFound, Net::HTTPSeeOther, Net::HTTPTemporaryRedirect].freeze
ATTEMPTS = 3

# A failure that another attempt may repair.
class NetworkFailure < StandardError; end

# The cached copy of one URL.
class DownloadCache
  def initialize(folder)
    @content, @etag, @modified = %w[cached etag last_modified].map { |name| File.join(folder, name) }
  end

  attr_reader :content

  def update(uri)
    Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == 'https') do |http|
      http.request(request(uri)) { |answer| return take(uri, answer) }
    end
  end

  private

  def request(uri)
    get = Net::HTTP::Get.new(uri.request_uri)
    get['If-None-Match'] = File.read(@etag) if File.exist?(@etag)
    get['If-Modified-Since'] = File.read(@modified) if File.exist?(@modified)
    get
  end

  def take(uri, answer)
    case answer
    when Net::HTTPOK then store(answer)
    when Net::HTTPNotModified then 304
    when *REDIRECTS then update(uri + answer['Location'])
    else raise NetworkFailure, "Bad response: #{answer.code} #{answer.message}"
    end
  end

  def store(answer)
    File.open(@content, 'wb') { |file| answer.read_body { |piece| file.write piece } }
    expected = answer['Content-Length']
    actual = File.size(@content)
    raise NetworkFailure, "Content has invalid size. Was #{actual}, should be #{expected}." if expected && expected.to_i != actual

    File.write(@etag, answer['Etag']) if answer['Etag']
    File.write(@modified, answer['Last-Modified']) if answer['Last-Modified']
    200
  end
end

def fetch(url, cache, attempts)
  cache.update(URI(url))
rescue NetworkFailure, SystemCallError, IOError, Timeout::Error => e
  attempts -= 1
  retry if attempts.positive?
  raise NetworkFailure, e.message
end

cache = DownloadCache.new(ARGV[1])
done = { status: 0, sha256: '', error: '' }
begin
  done[:status] = fetch(ARGV[0], cache, ATTEMPTS)
  done[:sha256] = Digest::SHA256.file(cache.content).hexdigest
rescue NetworkFailure => e
  done[:error] = e.message
end
puts done.to_json
exit(done[:error].empty? ? 0 : 1)
