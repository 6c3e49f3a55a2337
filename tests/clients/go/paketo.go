package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/buildpacks/libcnb"
	"github.com/paketo-buildpacks/libpak"
	"github.com/paketo-buildpacks/packit/v2/cargo"
	"github.com/paketo-buildpacks/packit/v2/postal"
)

// withLibpak does what a Paketo Java buildpack does: BP_DEPENDENCY_MIRROR is read by
// NewDependencyCache, the checksum is compared by Artifact.
func withLibpak(job job) (outcome, error) {
	context := libcnb.BuildContext{Buildpack: libcnb.Buildpack{Path: job.folder}}
	context.Buildpack.Info.ID, context.Buildpack.Info.Version = "scenario", "1.0.0"
	cache, err := libpak.NewDependencyCache(context)
	if err != nil {
		return outcome{}, err
	}
	cache.DownloadPath = job.folder
	file, err := cache.Artifact(libpak.BuildpackDependency{ID: "x", Version: "1.0.0", URI: job.url, SHA256: job.sha256})
	if err != nil {
		return outcome{}, err
	}
	defer file.Close()
	return digestOf(file)
}

// withPackit does what the other Paketo buildpacks do: Deliver fetches, unpacks while it
// reads, and compares the checksum at the end. REQUIRES: a body that is no archive: that
// Deliver writes down as it is.
func withPackit(job job) (outcome, error) {
	layer := filepath.Join(job.folder, "layer")
	if err := os.MkdirAll(layer, 0o755); err != nil {
		return outcome{}, err
	}
	wanted := postal.Dependency{ID: "x", URI: job.url, SHA256: job.sha256}
	if err := postal.NewService(cargo.NewTransport()).Deliver(wanted, job.folder, layer, job.folder); err != nil {
		return outcome{}, err
	}
	entries, err := os.ReadDir(layer)
	if err != nil || len(entries) != 1 {
		return outcome{}, fmt.Errorf("%d files in the layer instead of one: %v", len(entries), err)
	}
	return digestOfFile(filepath.Join(layer, entries[0].Name()))
}
