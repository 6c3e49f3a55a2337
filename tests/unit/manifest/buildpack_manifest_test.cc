#include "stagecache/manifest/buildpack_manifest.h"

#include <gtest/gtest.h>

namespace stagecache::manifest {
namespace {

const std::string kA(64, 'a'), kB(64, 'b');

/// As the CF buildpacks have it, shortened.
const std::string kReal = R"(---
language: python
default_versions:
- name: python
  version: 3.12.x
include_files:
- bin/supply
url_to_dependency_map:
- match: miniconda(\d+)
  name: miniconda
  version: "$1"
dependencies:
- name: python
  version: 3.12.7
  uri: https://buildpacks.example.org/dependencies/python/python_3.12.7_linux_x64_cflinuxfs4_b73fc0.tgz
  sha256: )" + kA + R"(
  cf_stacks:
  - cflinuxfs4
  source: https://www.python.example.org/Python-3.12.7.tgz
  source_sha256: )" + kB + R"(
- name: python
  version: 3.12.7
  uri: https://buildpacks.example.org/dependencies/python/python_3.12.7_linux_x64_cflinuxfs4_b73fc0.tgz
  sha256: )" + kA + R"(
  cf_stacks:
  - cflinuxfs3
- {name: pip, version: 24.3, uri: "https://buildpacks.example.org/pip_24.3.tgz", sha256: )" +
                          std::string(64, 'B') + R"(}
pre_package: scripts/build.sh
)";

TEST(BuildpackManifest, NamesEachDownloadOnce) {
  const auto dependencies = read_buildpack_manifest(kReal);

  ASSERT_TRUE(dependencies) << dependencies.error().message;
  ASSERT_EQ(dependencies->size(), 2u);
  const Dependency& python = dependencies->front();
  EXPECT_EQ(python.name, "python");
  EXPECT_EQ(python.version, "3.12.7");
  EXPECT_TRUE(python.uri.ends_with("_b73fc0.tgz")) << python.uri;
  EXPECT_EQ(python.sha256->hex(), kA);
  EXPECT_EQ(python.line, 13u);
  EXPECT_EQ(python.error, "");
  EXPECT_TRUE(python.findings.empty());
  EXPECT_EQ(dependencies->back().version, "24.3");
  EXPECT_EQ(dependencies->back().sha256->hex(), kB);
}

TEST(BuildpackManifest, KeepsTheSameBytesFromTwoPlaces) {
  const auto dependencies =
      read_buildpack_manifest("dependencies:\n- {uri: https://a.org/x, sha256: " + kA +
                              "}\n- {uri: https://b.org/x, sha256: " + kA + "}\n");

  EXPECT_EQ(dependencies->size(), 2u);
}

struct EntryCase {
  const char* name;
  std::string entry;
  std::string error;  ///< "" for a warning only.
  std::uint32_t line, column;
  std::string finding;
};

class BadEntry : public testing::TestWithParam<EntryCase> {};

TEST_P(BadEntry, HasItsErrorAndLeavesTheOthers) {
  const auto dependencies = read_buildpack_manifest(
      "dependencies:\n" + GetParam().entry + "- uri: https://a.org/x\n  sha256: " + kA + "\n");

  ASSERT_TRUE(dependencies) << dependencies.error().message;
  ASSERT_EQ(dependencies->size(), 2u);
  const Dependency& bad = dependencies->front();
  EXPECT_EQ(bad.error, GetParam().error);
  ASSERT_EQ(bad.findings.size(), 1u);
  EXPECT_EQ(bad.findings[0].line, GetParam().line);
  EXPECT_EQ(bad.findings[0].column, GetParam().column);
  EXPECT_NE(bad.findings[0].text.find(GetParam().finding), std::string::npos)
      << bad.findings[0].text;
  EXPECT_EQ(dependencies->back().error, "");
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, BadEntry, testing::Values(
    EntryCase{"NoUri", "- name: x\n  sha256: " + kA + "\n",
              "manifest.yml line 2: the dependency has no uri", 2, 3, "no uri"},
    EntryCase{"UriIsAList", "- uri: [a]\n  sha256: " + kA + "\n",
              "manifest.yml line 2: the dependency has no uri", 2, 3, "no uri"},
    EntryCase{"ShortDigest", "- uri: https://a.org/y\n  sha256: abc\n",
              "manifest.yml line 3: 'abc' is no SHA-256", 3, 11, "no SHA-256"},
    EntryCase{"NoMap", "- just words\n",
              "manifest.yml line 2: the dependency is no map of name, version, uri, sha256", 2, 3, "no map"},
    EntryCase{"NoDigest", "- uri: https://a.org/y\n", "", 2, 3, "no sha256"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(BuildpackManifest, SaysWhatIsWrongWithAUri) {
  const auto dependencies =
      read_buildpack_manifest("dependencies:\n- uri: file:///x.tgz\n  sha256: " + kA + "\n");

  ASSERT_TRUE(dependencies);
  EXPECT_NE(dependencies->front().error, "");
  EXPECT_EQ(dependencies->front().findings.front().column, 8u);
}

TEST(BuildpackManifest, AnotherKindOfManifestIsNotFound) {
  for (const char* text : {"applications:\n- name: app\n  memory: 1G\n", "", "# x\n", "- a\n",
                           "word", "dependencies: none\n", "dependencies:\n  a: b\n",
                           "dependencies: []\n", "a: {{ .template }}: }\n", "dependencies:\n"})
    EXPECT_EQ(read_buildpack_manifest(text).error().code, ErrorCode::NotFound) << text;
}

TEST(BuildpackManifest, SaysWhereItIsNoYaml) {
  const auto dependencies = read_buildpack_manifest("dependencies:\n- uri: }\n");

  ASSERT_FALSE(dependencies);
  EXPECT_EQ(dependencies.error().code, ErrorCode::BadInput);
  EXPECT_TRUE(dependencies.error().message.starts_with("line ")) << dependencies.error().message;
}

TEST(BuildpackManifest, IsBounded) {
  EXPECT_EQ(read_buildpack_manifest(std::string(kMaxBuildpackManifestBytes + 1, '#')).error().code,
            ErrorCode::BadInput);
  std::string many = "dependencies:\n";
  for (std::size_t i = 0; i <= kMaxDependencies; ++i) many += "- {}\n";
  EXPECT_EQ(read_buildpack_manifest(many).error().code, ErrorCode::BadInput);
  EXPECT_EQ(read_buildpack_manifest("dependencies:\n" + std::string(100'000, '[')).error().code,
            ErrorCode::BadInput);
}

TEST(BuildpackManifest, AnAliasIsReadAsWhatItStandsFor) {
  const auto dependencies = read_buildpack_manifest(
      "x: &s " + kA + "\ndependencies:\n- &d {uri: https://a.org/x, sha256: *s}\n- *d\n");

  ASSERT_TRUE(dependencies);
  ASSERT_EQ(dependencies->size(), 1u);
  EXPECT_EQ(dependencies->front().sha256->hex(), kA);
}

}  // namespace
}  // namespace stagecache::manifest
