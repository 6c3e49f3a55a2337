#include "stagecache/prefetch/warm_jobs.h"

#include <fstream>

#include "prefetch/job_codec.h"
#include "stagecache/prefetch/standing_orders.h"
#include "tests/unit/cache/cache_fixture.h"

namespace stagecache::prefetch {
namespace {

using namespace cache::test;
using State = ItemStatus::State;

TEST(JobCodec, GivesBackWhatItWasGiven) {
  JobStatus job{.id = "7"};
  job.items.push_back({.item = {.url = "https://host/a%2Bb?c=d"}, .state = State::Ready});
  job.items.push_back(
      {.item = {.url = "a\tb\nc %41\x7f\x01é", .sha256 = digest_of("x"), .pin = false},
       .state = State::Failed});
  job.items.push_back({.item = {.url = ""}, .state = State::Verifying});

  const auto back = decode_job("7", encode(job));

  ASSERT_TRUE(back) << back.error().message;
  ASSERT_EQ(back->items.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back->items[i].item.url, job.items[i].item.url);
    EXPECT_EQ(back->items[i].item.sha256, job.items[i].item.sha256);
    EXPECT_EQ(back->items[i].item.pin, job.items[i].item.pin);
  }
  EXPECT_EQ(back->items[0].state, State::Ready);
  EXPECT_EQ(back->items[1].state, State::Failed);
  EXPECT_EQ(back->items[2].state, State::Queued);  // Begun again.
}

TEST(JobCodec, RefusesWhatItDidNotWrite) {
  const std::string head = "stagecache-job 1";
  for (const std::string& text :
       {std::string(), std::string("stagecache-job 2"), std::string("\0\0", 2), head + "\n",
        head + "\nready\tpin\t-", head + "\nready\tpin\t-\tu\tmore", head + "\nready\tpin\t123\tu",
        head + "\nhappy\tpin\t-\tu", head + "\nready\tmaybe\t-\tu",
        head + "\r\nready\tpin\t-\tu"}) {
    const auto job = decode_job("1", text);
    ASSERT_FALSE(job) << text;
    EXPECT_EQ(job.error().code, ErrorCode::Corrupt);
  }
}

TEST(Items, AnEmptyFileNamesTheBuildpacksDefaults) {
  EXPECT_FALSE(items_of_spark_runtime("").empty());
  for (const WarmItem& item : items_of_spark_runtime(""))
    EXPECT_TRUE(Url::parse(item.url)) << item.url;
}

TEST(Items, OfABuildpackManifestHaveTheirDigestsOrTheirErrors) {
  const auto items = items_of_buildpack_manifest(
      "dependencies:\n- {uri: https://a.org/x, sha256: " + digest_of("x").hex() +
      "}\n- {name: y, version: 1, sha256: " + digest_of("y").hex() + "}\n");

  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ(items->front().url, "https://a.org/x");
  EXPECT_EQ(items->front().sha256, digest_of("x"));
  EXPECT_EQ(items->front().error, "");
  EXPECT_EQ(items->back().url, "y 1");
  EXPECT_NE(items->back().error, "");
  EXPECT_EQ(items_of_buildpack_manifest("applications: []").error().code, ErrorCode::NotFound);
}

class WarmJobsTest : public CacheTest {
 protected:
  void stop() override {
    jobs.reset();
    CacheTest::stop();
  }
  void start_jobs() { jobs = std::make_unique<WarmJobs>(*cache, *store); }
  JobStatus wait_for(const std::string& id) {
    JobStatus status;
    EXPECT_TRUE(eventually([&] {
      const auto found = jobs->find(id);
      if (found) status = *found;
      return found && found->state != JobStatus::State::Running;
    }));
    return status;
  }
  WarmItem item(std::string_view path) const { return {.url = url(path).to_string()}; }

  std::unique_ptr<WarmJobs> jobs;
};

TEST_F(WarmJobsTest, AMalformedUrlFailsItsItemOnly) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  start_jobs();

  const JobStatus job = wait_for(jobs->submit({{.url = "no url"}, item("/x")}).value());

  EXPECT_EQ(job.state, JobStatus::State::Failed);
  EXPECT_EQ(job.items[0].state, State::Failed);
  EXPECT_NE(job.items[0].error, "");
  EXPECT_EQ(job.items[1].state, State::Ready) << job.items[1].error;
  EXPECT_EQ(job.items[1].sha256, digest_of(bytes_of(5000)));
  EXPECT_TRUE(store->info(digest_of(bytes_of(5000)))->pinned);
}

TEST_F(WarmJobsTest, AnItemThatCannotBeTriedFailsAtOnceAndIsNeverFetched) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  start_jobs();
  WarmItem bad = item("/bad");
  bad.error = "the digest is none";

  const auto alone = jobs->find(jobs->submit({bad}).value());
  const JobStatus job = wait_for(jobs->submit({bad, item("/x")}).value());

  EXPECT_EQ(alone->state, JobStatus::State::Failed);
  EXPECT_EQ(job.state, JobStatus::State::Failed);
  EXPECT_EQ(job.items[0].error, "the digest is none");
  EXPECT_EQ(job.items[1].state, State::Ready) << job.items[1].error;
  EXPECT_EQ(requests(), 1);
}

TEST_F(WarmJobsTest, NoItemAndTooManyAreRefused) {
  const auto running = start([](Exchange& e) { serve(e, "x"); });
  start_jobs();

  EXPECT_EQ(jobs->submit({}).error().code, ErrorCode::BadInput);
  EXPECT_EQ(jobs->submit(std::vector<WarmItem>(kItemsPerJob + 1)).error().code,
            ErrorCode::BadInput);
  EXPECT_FALSE(jobs->find("x"));
  EXPECT_FALSE(jobs->find(""));
  EXPECT_FALSE(jobs->find("1"));
}

TEST_F(WarmJobsTest, AnUnfinishedJobGoesOnAfterARestart) {
  std::atomic<bool> hangs = true;
  const auto running = start([&hangs](Exchange& e) {
    if (hangs && e.path() == "/slow") e.stay_silent();
    else serve(e, bytes_of(5000));
  });
  start_jobs();
  const std::string id = jobs->submit({item("/quick"), item("/slow")}).value();
  ASSERT_TRUE(eventually([&] { return jobs->find(id)->items[0].state == State::Ready; }));

  jobs.reset();
  hangs = false;
  restart();
  start_jobs();

  const JobStatus job = wait_for(id);
  EXPECT_EQ(job.state, JobStatus::State::Ready) << job.items[1].error;
  EXPECT_EQ(jobs->submit({item("/x")}).value(), std::to_string(std::stoi(id) + 1));
}

TEST_F(WarmJobsTest, TheEndBeginsNoneOfTheItemsThatWait) {
  const auto running = start([](Exchange& e) { e.stay_silent(); });
  start_jobs();
  std::vector<WarmItem> items;
  for (int i = 0; i < 100; ++i) items.push_back(item("/" + std::to_string(i)));
  (void)jobs->submit(std::move(items)).value();
  ASSERT_TRUE(eventually([this] { return requests() == 6; }));  // A thread each.

  jobs.reset();

  EXPECT_LE(cache->counters().fills, 6u);
}

TEST_F(WarmJobsTest, OnlyTheNewestEndedJobsAreKept) {
  const auto running = start([](Exchange& e) { serve(e, "x"); });
  start_jobs();
  for (std::size_t i = 0; i < kJobsKept + 5; ++i)
    (void)wait_for(jobs->submit({{.url = "bad"}}).value());

  EXPECT_EQ(jobs->list().size(), kJobsKept);
  EXPECT_EQ(jobs->list().front().id, std::to_string(kJobsKept + 5));
  EXPECT_FALSE(jobs->find("1"));
  ASSERT_TRUE(eventually([this] { return store->blobs("job/").size() == kJobsKept; }));
}

TEST_F(WarmJobsTest, AJobThatCannotBeReadKeepsItsNumber) {
  const auto running = start([](Exchange& e) { serve(e, "x"); });
  ASSERT_TRUE(store->put_blob("job/000000000041", "stagecache-job 9"));
  start_jobs();

  EXPECT_EQ(jobs->submit({item("/x")}).value(), "42");
}

class StandingOrdersTest : public WarmJobsTest {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder / "watched" / name).parent_path());
    std::ofstream(folder / "watched" / name, std::ios::binary) << text;
  }
  std::string naming(std::string_view path) const {
    return "URL=" + url(path).to_string() + "\nJRE_URL=" + url(path).to_string() + "\n";
  }
  StandingOrders::Options watching() const {
    return {.folders = {folder / "missing", folder / "watched"},
            .interval = std::chrono::milliseconds(20)};
  }
  bool was_submitted(std::string_view path) const {
    for (const JobStatus& job : jobs->list())
      for (const ItemStatus& one : job.items)
        if (one.item.url.ends_with(path)) return true;
    return false;
  }
};

TEST_F(StandingOrdersTest, AFileIsWarmedAndAChangedOneAgainAndABrokenOneStopsNobody) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  start_jobs();
  write("broken/spark_runtime.txt", std::string(4 << 20, '\xff'));
  auto options_now = watching();
  options_now.items = {item("/configured")};
  StandingOrders orders(options_now, *jobs);
  ASSERT_TRUE(eventually([this] { return was_submitted("/configured"); }));

  write("a/b/spark_runtime.txt", "\xff\xfe");
  ASSERT_TRUE(eventually([this] { return jobs->list().size() >= 2; }));
  const std::size_t before = jobs->list().size();
  write("a/c/spark_runtime.txt", naming("/x"));
  ASSERT_TRUE(eventually([this, before] { return jobs->list().size() > before; }));
}

TEST_F(StandingOrdersTest, WhatIsReadyIsNotSubmittedAgain) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  start_jobs();
  StandingOrders orders({.items = {item("/x")}, .interval = std::chrono::milliseconds(1)}, *jobs);
  ASSERT_TRUE(eventually([this] {
    return !jobs->list().empty() && jobs->list()[0].state == JobStatus::State::Ready;
  }));

  ASSERT_FALSE(get(request("/other")).error);  // Some looks later.

  EXPECT_EQ(jobs->list().size(), 1u);
}

TEST_F(StandingOrdersTest, WhatFailedIsTriedAgain) {
  std::atomic<bool> down = true;
  const auto running = start([&down](Exchange& e) {
    if (down) e.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    else serve(e, bytes_of(5000));
  });
  start_jobs();
  StandingOrders orders({.items = {item("/x")}, .interval = std::chrono::milliseconds(5)}, *jobs);
  ASSERT_TRUE(eventually([this] { return requests() >= 2; }));
  down = false;

  EXPECT_TRUE(eventually([this] { return jobs->list()[0].state == JobStatus::State::Ready; }));
}

TEST_F(StandingOrdersTest, ABuildpackManifestIsWarmedAndAnAppsIsLeftAlone) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  start_jobs();
  write("app/manifest.yml", "applications:\n- name: app\n");
  write("buildpack/manifest.yml", "dependencies:\n- uri: " + item("/x").url +
                                      "\n  sha256: " + digest_of(bytes_of(5000)).hex() + "\n");
  StandingOrders orders({.folders = {folder / "watched"}, .interval = std::chrono::milliseconds(5)},
                        *jobs);

  ASSERT_TRUE(eventually([this] {
    return !jobs->list().empty() && jobs->list()[0].state == JobStatus::State::Ready;
  }));
  EXPECT_EQ(jobs->list().size(), 1u);
  EXPECT_EQ(store->sources_of(digest_of(bytes_of(5000))).front().strength,
            DigestStrength::Declared);
}

TEST_F(StandingOrdersTest, FilesAreFoundAtAnyDepthInOrder) {
  write("b/spark_runtime.txt", "");
  write("a/deep/er/spark_runtime.txt", "");
  write("a/other.txt", "");
  std::filesystem::create_directories(folder / "watched" / "c" / "spark_runtime.txt");

  write("c/manifest.yml", "");

  const auto found = find_orders(folder / "watched");

  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], folder / "watched/a/deep/er/spark_runtime.txt");
  EXPECT_EQ(found[2], folder / "watched/c/manifest.yml");
  EXPECT_TRUE(find_orders(folder / "missing").empty());
}

}  // namespace
}  // namespace stagecache::prefetch
