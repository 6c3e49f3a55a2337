import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Writes files as Java's GZIPOutputStream does: {@code Encode SOURCE FOLDER}. */
public final class Encode {
  private static final class Levelled extends GZIPOutputStream {
    Levelled(FileOutputStream out, int level, int strategy) throws Exception {
      super(out, 512, true);
      def.setLevel(level);
      def.setStrategy(strategy);
    }
  }

  private static void encode(Path path, byte[] data, int level, int strategy, int flushEvery)
      throws Exception {
    try (Levelled out = new Levelled(new FileOutputStream(path.toFile()), level, strategy)) {
      int at = 0;
      for (; flushEvery > 0 && at + flushEvery < data.length; at += flushEvery) {
        out.write(data, at, flushEvery);
        out.flush();
      }
      out.write(data, at, data.length - at);
    }
  }

  public static void main(String[] args) throws Exception {
    byte[] data = Files.readAllBytes(Path.of(args[0]));
    Path folder = Path.of(args[1]);
    for (int level : new int[] {-1, 1, 9})
      encode(folder.resolve("java_level_" + level + ".gz"), data, level, Deflater.DEFAULT_STRATEGY, 0);
    encode(folder.resolve("java_huffman.gz"), data, 6, Deflater.HUFFMAN_ONLY, 0);
    encode(folder.resolve("java_flushed.gz"), data, 6, Deflater.DEFAULT_STRATEGY, 9_000);
  }
}
