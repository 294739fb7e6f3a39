#!/usr/bin/env bash
# A broad selection of CPython's own test suite, with each object from malloc: every test file
# ends as it does on libc's malloc.
# Debian packages: python3.11 libpython3.11-testsuite
. "$(dirname "$0")/../../support/preload.sh"
need python3.11
python3.11 -c 'import test.libregrtest' 2>import.err || fail "libpython3.11-testsuite is not" \
    "installed; ./check --full installs it: $(tail -n 1 import.err)"
tests=(test_abc test_argparse test_array test_ast test_atexit test_base64 test_bigmem
    test_binascii test_bisect test_bool test_buffer test_bufio test_builtin test_bytes test_bz2
    test_c_locale_coercion test_calendar test_class test_cmath test_code test_codecs
    test_collections test_compile test_complex test_configparser test_contextlib test_copy
    test_coroutines test_csv test_ctypes test_dataclasses test_decimal test_deque test_descr
    test_dict test_difflib test_dis test_embed test_enum test_exceptions test_faulthandler
    test_file test_finalization test_float test_fork1 test_format test_fractions test_frame
    test_fstring test_functools test_gc test_generators test_genericpath test_getopt test_glob
    test_grammar test_gzip test_hash test_hashlib test_heapq test_hmac test_html test_import
    test_inspect test_int test_io test_ioctl test_iter test_itertools test_json test_keyword
    test_list test_locale test_long test_longexp test_lzma test_mailbox test_marshal test_math
    test_memoryio test_memoryview test_minidom test_mmap test_module test_numeric_tower
    test_opcodes test_operator test_optparse test_ordered_dict test_os test_pathlib test_pickle
    test_picklebuffer test_pickletools test_pkgutil test_plistlib test_posix test_posixpath
    test_pprint test_property test_queue test_random test_range test_re test_richcmp test_sched
    test_scope test_set test_shelve test_shlex test_shutil test_slice test_sort test_statistics
    test_strftime test_string test_struct test_structseq test_subclassinit test_super
    test_symtable test_sys test_syntax test_tarfile test_tempfile test_textwrap test_thread
    test_threadedtempfile test_threading test_threading_local test_timeit test_tokenize
    test_tuple test_types test_typing test_unicode test_unicodedata test_unpack test_userdict
    test_userlist test_userstring test_uuid test_warnings test_weakref test_weakset test_with
    test_xml_etree test_xml_etree_c test_zipfile test_zipimport test_zlib)
# run_suite OUT COMMAND ...: how each file ended, in order
run_suite() {
    local out=$1
    shift
    "$@" env PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 \
        python3.11 -m test -j2 --tempdir "$work" "${tests[@]}" >"$out.log" 2>&1 ||
        true
    # "0:00:01 load avg: 0.5 [ 7/99/1] test_os failed (1 failure)"
    sed -n 's/^[0-9:]* *\(load avg: [0-9.]*\)\? *\[ *[0-9/]*\] *\(test_[a-z0-9_]*\)\(.*\)/\2\3/p' \
        "$out.log" | sed 's/ -- running.*//; s/ ([0-9].*\(sec\|min\).*)//' | sort >"$out"
}
run_suite want env
run_suite got under_hakmem
count=$(grep -c . want)
[ "$count" -gt 130 ] || fail "only $count files were run: $(tail -n 3 want.log)"
[ "$(grep -cv -e failed -e skipped -e 'not found' want)" -gt 120 ] ||
    fail "libc: $(tail -n 9 want.log)"
diff want got >difference ||
    fail "$(head -n 6 difference)" "$(grep -m 5 -E '^(FAIL|ERROR):' got.log)"
assert_served
