package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"code.cloudfoundry.org/cacheddownloader"
	"code.cloudfoundry.org/lager/v3"
	"github.com/cloudfoundry/libbuildpack"
)

const manifest = `---
language: scenario
dependencies:
- name: x
  version: 1.0.0
  uri: %s
  sha256: %s
  cf_stacks: [cflinuxfs4]
`

// withLibbuildpack does what every Go buildpack of Cloud Foundry does with an entry of its
// manifest.yml. It retries any error for a minute; each try says so on standard output.
func withLibbuildpack(job job) (outcome, error) {
	text := fmt.Sprintf(manifest, job.url, job.sha256)
	if err := os.WriteFile(filepath.Join(job.folder, "manifest.yml"), []byte(text), 0o644); err != nil {
		return outcome{}, err
	}
	if err := os.Setenv("CF_STACK", "cflinuxfs4"); err != nil {
		return outcome{}, err
	}
	read, err := libbuildpack.NewManifest(job.folder, libbuildpack.NewLogger(os.Stdout), time.Now())
	if err != nil {
		return outcome{}, err
	}
	file := filepath.Join(job.folder, "fetched")
	wanted := libbuildpack.Dependency{Name: "x", Version: "1.0.0"}
	if err := libbuildpack.NewInstaller(read).FetchDependency(wanted, file); err != nil {
		return outcome{}, err
	}
	return digestOfFile(file)
}

// withCachedDownloader does what a Diego cell does with a lifecycle or a buildpack. The state
// in the folder is kept, so that a second run asks with the validators of the first.
func withCachedDownloader(job job) (outcome, error) {
	address, err := url.Parse(job.url)
	if err != nil {
		return outcome{}, err
	}
	logger := lager.NewLogger("scenario")
	files := cacheddownloader.NewCache(filepath.Join(job.folder, "cached"), 1<<30)
	loader, err := cacheddownloader.New(cacheddownloader.NewDownloader(time.Minute, 1, nil), files,
		cacheddownloader.NoopTransform)
	if err != nil {
		return outcome{}, err
	}
	if err := loader.RecoverState(logger); err != nil {
		return outcome{}, err
	}
	checksum := cacheddownloader.ChecksumInfoType{}
	if job.sha256 != "" {
		checksum = cacheddownloader.ChecksumInfoType{Algorithm: "sha256", Value: job.sha256}
	}
	stream, _, err := loader.Fetch(logger, address, "x", checksum, make(chan struct{}))
	if err != nil {
		return outcome{}, err
	}
	done, err := digestOf(stream)
	if closed := stream.Close(); err == nil {
		err = closed
	}
	if saved := loader.SaveState(logger); err == nil {
		err = saved
	}
	return done, err
}
