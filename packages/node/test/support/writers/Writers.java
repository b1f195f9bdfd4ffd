import java.io.FileOutputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Archives as Java writes them: `java Writers.java FILES OUT` prints a line of JSON for each archive in OUT. */
class Writers {
  static void tell(String how, Path file) {
    String writer = "Java " + System.getProperty("java.version");
    System.out.printf("{\"writer\":\"%s\",\"how\":\"%s\",\"file\":\"%s\"}%n", writer, how, file.getFileName());
  }

  public static void main(String[] args) throws Exception {
    Path source = Path.of(args[0]);
    List<Path> files;
    try (var all = Files.walk(source)) {
      files = all.filter(Files::isRegularFile).sorted().collect(Collectors.toList());
    }
    for (int method : new int[] {ZipEntry.STORED, ZipEntry.DEFLATED}) {
      Path file = Path.of(args[1], "java-" + method + ".zip");
      try (OutputStream out = new FileOutputStream(file.toFile()); ZipOutputStream zip = new ZipOutputStream(out)) {
        for (Path each : files) {
          ZipEntry entry = new ZipEntry(source.relativize(each).toString());
          byte[] content = Files.readAllBytes(each);
          entry.setMethod(method);
          if (method == ZipEntry.STORED) {
            CRC32 sum = new CRC32();
            sum.update(content);
            entry.setSize(content.length);
            entry.setCrc(sum.getValue());
          }
          zip.putNextEntry(entry);
          zip.write(content);
          zip.closeEntry();
        }
      }
      tell("ZipOutputStream, " + (method == 0 ? "stored" : "no stored"), file);
    }
    for (String method : List.of("STORED", "DEFLATED")) {
      for (String zip64 : List.of("false", "true")) {
        Path file = Path.of(args[1], "java-" + method + zip64 + ".zip");
        Map<String, String> options = Map.of("create", "true", "compressionMethod", method, "forceZIP64End", zip64);
        try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + file.toUri()), options)) {
          for (Path each : files) {
            Path to = zip.getPath(source.relativize(each).toString());
            if (to.getParent() != null) Files.createDirectories(to.getParent());
            Files.copy(each, to);
          }
        }
        tell("file system, " + method.toLowerCase() + (zip64.equals("true") ? ", zip64" : ""), file);
      }
    }
  }
}
