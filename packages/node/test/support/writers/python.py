"""Archives as Python writes them: `python3 python.py FILES OUT` prints a line of JSON for each archive in OUT."""
import io, json, os, sys, zipfile

source, target = sys.argv[1:]
names = sorted(os.path.relpath(os.path.join(d, f), source) for d, _, fs in os.walk(source) for f in fs)


class Pipe(io.RawIOBase):
    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


for stored in (False, True):
    for streamed in (False, True):
        for zip64 in (False, True):
            name = f"python-{stored}-{streamed}-{zip64}.zip"
            with open(os.path.join(target, name), "wb") as file:
                with zipfile.ZipFile(Pipe(file) if streamed else file, "w", 0 if stored else 8) as zip:
                    for each in names:
                        with open(os.path.join(source, each), "rb") as content, zip.open(each, "w", force_zip64=zip64) as entry:
                            entry.write(content.read())
            words = [("" if on else "no ") + word for on, word in ((stored, "stored"), (streamed, "streamed"), (zip64, "zip64"))]
            print(json.dumps({"writer": f"Python {sys.version.split()[0]}", "how": ", ".join(words), "file": name}))
