#!/usr/bin/env bash
# A JVM compiles and runs a program: its own threads and compilers, direct buffers, zlib, files
# mapped and processes started.
# Debian packages: openjdk-17-jdk-headless
. "$(dirname "$0")/../../support/preload.sh"
need java javac
cat >Heavy.java <<'JAVA'
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;

public class Heavy {
    static String work(int seed) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        List<ByteBuffer> kept = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(33000 + i * seed % 4000);
            buffer.putInt(i % 30000, i);
            if (i % 5 == 0) kept.add(buffer);
            digest.update(buffer.limit(500));
        }
        byte[] text = IntStream.range(0, 90000).mapToObj(Integer::toString)
            .collect(Collectors.joining(",")).getBytes();
        for (int i = 0; i < 30; i++) {
            Deflater deflater = new Deflater(i % 9 + 1);
            deflater.setInput(text);
            deflater.finish();
            byte[] out = new byte[text.length];
            int n = deflater.deflate(out);
            deflater.end();
            Inflater inflater = new Inflater();
            inflater.setInput(out, 0, n);
            byte[] back = new byte[text.length];
            if (inflater.inflate(back) != text.length || !Arrays.equals(back, text))
                throw new IllegalStateException();
            inflater.end();
            digest.update(out, 0, n);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<String>> results = new ArrayList<>();
        for (int i = 1; i <= 8; i++) { int n = i; results.add(pool.submit(() -> work(n))); }
        for (Future<String> result : results) System.out.println(result.get());
        pool.shutdown();
        for (int i = 0; i < 2000; i++) {
            Thread thread = new Thread(() -> new byte[100].clone());
            thread.start();
            thread.join();
        }
        Process child = new ProcessBuilder("sh", "-c", "echo child").start();
        System.out.print(new String(child.getInputStream().readAllBytes()));
        System.out.println(child.waitFor());
        System.out.println(IntStream.range(0, 200000).parallel().mapToObj(i -> "s" + i)
            .mapToInt(String::length).sum());
    }
}
JAVA
mkdir want got
javac -d want Heavy.java
under_hakmem javac -d got Heavy.java
assert_served
diff -r want got || fail "compiled to another class file"
for collector in Serial G1 Parallel; do
    same_output java -Xmx400m -XX:MaxDirectMemorySize=1g -XX:+Use${collector}GC -cp got Heavy
done
