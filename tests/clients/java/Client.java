import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What a Java program does that fetches with the JDK's own client, HTTP/2 preferred as it is by
 * default (so each first request offers an upgrade to h2c).
 *
 * <p>{@code Client URL COUNT [FIELD VALUE]...} fetches the URL COUNT times at once on one client and
 * prints a line each: status, SHA-256 of the body, and, where the status is an error, the body. It
 * exits 1 when a transfer failed or was not answered with 2xx or 304.
 */
public final class Client {
  public static void main(String[] args) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(args[0]));
    for (int i = 2; i + 1 < args.length; i += 2) request.header(args[i], args[i + 1]);
    HttpClient client = HttpClient.newHttpClient();

    List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[1]); i++) {
      answers.add(client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
    }
    boolean well = true;
    for (CompletableFuture<HttpResponse<byte[]>> answer : answers) well &= report(answer);
    System.exit(well ? 0 : 1);
  }

  private static boolean report(CompletableFuture<HttpResponse<byte[]>> pending) {
    try {
      HttpResponse<byte[]> answer = pending.get();
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(answer.body());
      String text = answer.statusCode() >= 400 ? new String(answer.body()).strip() : "";
      System.out.println(answer.statusCode() + " " + HexFormat.of().formatHex(digest) + " " + text);
      return answer.statusCode() < 400;
    } catch (Exception e) {
      System.out.println("failed: " + e);
      return false;
    }
  }
}
