#!/usr/bin/env bash
# Go: the tool chain, and a program that calls C's malloc by cgo from many goroutines; without cgo
# the binary is static and stays what it was.
# Debian packages: golang-go gcc libc6-dev
. "$(dirname "$0")/../../support/preload.sh"
need go gcc
export GOPATH=$work/go GOCACHE=$work/cache GO111MODULE=off GOFLAGS=-p=2
mkdir cgo pure
cat >cgo/main.go <<'GO'
package main

/*
#include <stdlib.h>
#include <string.h>
static unsigned long work(unsigned seed) {
    unsigned long sum = 0;
    for (unsigned i = 0; i < 2000; i++) {
        size_t bytes = i * seed % 40000 + 1;
        unsigned char *block = malloc(bytes);
        memset(block, (int)i, bytes);
        block = realloc(block, bytes + 33000);
        sum += block[bytes - 1] + bytes;
        free(block);
    }
    return sum;
}
*/
import "C"
import (
	"fmt"
	"sync"
	"unsafe"
)

func main() {
	var group sync.WaitGroup
	sums := make([]uint64, 64)
	for i := range sums {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			sums[n] = uint64(C.work(C.uint(n*7919 + 1)))
			for j := 0; j < 200; j++ {
				text := C.CString(fmt.Sprint(n, j))
				sums[n] += uint64(len(C.GoString(text)))
				C.free(unsafe.Pointer(text))
			}
		}(i)
	}
	group.Wait()
	fmt.Println(sums)
}
GO
cat >pure/main.go <<'GO'
package main

import "fmt"

func main() {
	m := map[int]string{}
	for i := 0; i < 300000; i++ {
		m[i%5000] += "x"
	}
	fmt.Println(len(m), len(m[77]))
}
GO
under_hakmem go build -o cgo/program cgo/main.go >build.log 2>&1 || fail "$(tail -n 5 build.log)"
same_output cgo/program
CGO_ENABLED=0 go build -o pure/program pure/main.go
[ "$(under_hakmem pure/program)" = "$(pure/program)" ] || fail "the static binary says otherwise"
under_hakmem gofmt -d cgo/main.go >format.log 2>&1 || fail "gofmt: $(head -n 3 format.log)"
