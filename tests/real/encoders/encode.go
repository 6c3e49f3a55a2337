// Writes files as Go's compress/gzip does: encode SOURCE FOLDER.
package main

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// flushEvery 0: never.
func encode(path string, data []byte, level, flushEvery int, header gzip.Header) {
	file, err := os.Create(path)
	check(err)
	writer, err := gzip.NewWriterLevel(file, level)
	check(err)
	writer.Header = header
	for step := flushEvery; step > 0 && len(data) > step; data = data[step:] {
		_, err = writer.Write(data[:step])
		check(err)
		check(writer.Flush())
	}
	_, err = writer.Write(data)
	check(err)
	check(writer.Close())
	check(file.Close())
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	check(err)
	path := func(name string) string { return filepath.Join(os.Args[2], name) }
	for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
		encode(path(fmt.Sprintf("go_level_%d.gz", level)), data, level, 0, gzip.Header{})
	}
	named := gzip.Header{Name: "source.txt", Comment: "with a comment", Extra: []byte("extra"), ModTime: time.Unix(1700000000, 0)}
	encode(path("go_header.gz"), data, gzip.DefaultCompression, 0, named)
	encode(path("go_flushed.gz"), data, gzip.DefaultCompression, 10_000, gzip.Header{})
}
