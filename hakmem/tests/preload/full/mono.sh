#!/usr/bin/env bash
# Mono: a JIT and a collector that stops threads by signals, wherever they are; the C# compiler,
# which is a program of its own kind.
# Debian packages: mono-mcs mono-runtime
. "$(dirname "$0")/../../support/preload.sh"
need mcs mono
cat >Heavy.cs <<'CS'
using System; using System.Collections.Generic; using System.Linq;
using System.Runtime.InteropServices;
using System.Text; using System.Threading;
class Heavy {
    static long Work(int seed) {
        long sum = 0;
        var kept = new List<byte[]>();
        for (int i = 0; i < 4000; i++) {
            var block = new byte[(i * seed * 7919) % 90000 + 1];
            block[0] = (byte)i; kept.Add(block);
            if (kept.Count > 100) kept.RemoveRange(0, 50);
            IntPtr raw = Marshal.AllocHGlobal(33000 + i % 100);
            Marshal.WriteByte(raw, 32999, (byte)seed);
            sum += Marshal.ReadByte(raw, 32999) + block.Length;
            Marshal.FreeHGlobal(raw);
        }
        return sum;
    }
    static void Main() {
        var sums = new long[6];
        var threads = Enumerable.Range(1, 6)
            .Select(n => new Thread(() => sums[n - 1] = Work(n))).ToList();
        threads.ForEach(t => t.Start());
        for (int i = 0; i < 20; i++) GC.Collect();
        threads.ForEach(t => t.Join());
        Console.WriteLine(string.Join(" ", sums));
        var words = new Dictionary<string, int>();
        for (int i = 0; i < 200000; i++) {
            var k = "w" + i % 5003;
            words[k] = words.TryGetValue(k, out var v) ? v + 1 : 1;
        }
        Console.WriteLine(words.Count + " " + words.Values.Sum());
        var text = new StringBuilder();
        for (int i = 0; i < 100000; i++) text.Append(i);
        Console.WriteLine(text.Length);
        try { Deep(0); } catch (InvalidOperationException e) { Console.WriteLine(e.Message); }
    }
    static int Deep(int n) {
        if (n == 5000) throw new InvalidOperationException("deep");
        return 1 + Deep(n + 1);
    }
}
CS
mcs -out:want.exe Heavy.cs
under_hakmem mcs -out:got.exe Heavy.cs
assert_served
same_output mono got.exe
same_output mono --gc=sgen -O=all got.exe
