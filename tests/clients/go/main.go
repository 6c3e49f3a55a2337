// Command clients downloads one file the way a client of the cache does: with that client's
// own library, nothing of it replaced. Scenarios drive it and read the one JSON line that it
// prints last: what arrived, or the error as the client shows it.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// job is what every client is told.
type job struct {
	url    string // as the publisher spells it; mirrors come from the environment
	sha256 string // the digest that the client demands, "" for none
	folder string // where it may write
}

type outcome struct {
	SHA256 string `json:"sha256"` // of what arrived
	Size   int64  `json:"size"`   // bytes of it
	Error  string `json:"error"`  // "" when it went well
}

var clients = map[string]func(job) (outcome, error){
	"libpak":           withLibpak,
	"packit":           withPackit,
	"libbuildpack":     withLibbuildpack,
	"cacheddownloader": withCachedDownloader,
}

func main() {
	if len(os.Args) != 5 || clients[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: clients libpak|packit|libbuildpack|cacheddownloader URL SHA256 FOLDER")
		os.Exit(2)
	}
	done, err := clients[os.Args[1]](job{url: os.Args[2], sha256: os.Args[3], folder: os.Args[4]})
	if err != nil {
		done.Error = err.Error()
	}
	line, _ := json.Marshal(done)
	fmt.Println(string(line))
	if err != nil {
		os.Exit(1)
	}
}

// digestOf reads a stream to its end.
func digestOf(stream io.Reader) (outcome, error) {
	digest := sha256.New()
	size, err := io.Copy(digest, stream)
	return outcome{SHA256: hex.EncodeToString(digest.Sum(nil)), Size: size}, err
}

func digestOfFile(path string) (outcome, error) {
	file, err := os.Open(path)
	if err != nil {
		return outcome{}, err
	}
	defer file.Close()
	return digestOf(file)
}
