/** Examples of `lsio get`. */
export const EXAMPLES = `
Examples:
  lsio get a.bin b.bin > both.bin         one after the other, like cat
  lsio get -r data/ -o copy/              every file below data/, to copy/data/…
  lsio get -r data/ -o copy/ --skip-existing            what is still missing
  lsio get -r src --exclude node_modules --exclude '*.o' -o copy/
  lsio get 'data/**/*.bin' --discard      lsio expands a quoted glob itself
  lsio get -R 0-99 -R -8 big.bin | xxd    the first 100 bytes and the last 8
  lsio get 'big.bin#bytes=0-99,4096-8191' > two         ranges of one path
  lsio get 'big.bin#bytes=0-99,4096-8191' -o two        each range to a file
  find data -print0 | lsio get --files0-from - --discard --checksum sha256
  lsio get --requests ranges.jsonl -o parts/            one JSON object a line
  lsio get https://example.org/a.grib2 -R 0-1048575 -o out
  lsio get -r s3://noaa-goes16/ABI-L2-CMIPF/2026/300/ --anonymous -o goes
  lsio get -r data/ --dry-run           what would be read, and how`;

/** What stands below the options. */
export const NOTES = `
-o DIR: the path below DIR is the one given, so -r /tmp/a -o out makes out/tmp/a.
Globs: * and ? within a name, ** any directories, [abc], {a,b}; a leading dot has to be written. They give files, and a
file of that very name wins. Links to directories are not followed. Names that are not UTF-8 are found, too: each byte
that is not counts as a character.
--exclude: a pattern without a slash matches the name of a file or directory at any depth; one with a slash the path below
the directory that was given, or the whole path where a glob or list gave it; with a slash at its end directories only.
It knows * ? ** [a-z] {a,b} and \\, and takes leading dots as other characters. A path of the command line stays.
--requests: one JSON object a line, of up to 1 MiB: {"path", "offset", "length"}, {"path", "suffixLength"} or {"path"},
each with "url" in place of "path" for a URL. An "id" (text or number) may be added: it comes back in the JSON document. In
a path of either, each byte that is not UTF-8 is a lone surrogate (\\udc80 to \\udcff), as Python writes it.
Lists: a byte order mark and carriage returns at the ends of lines are left out, unless files have such names.
-o: a file appears under its name when it is whole, so a run that was stopped can go on with --skip-existing. Permissions
and holes are kept as cp keeps them. Nothing is synced: after a power failure a name may hold nothing (run sync).
--output-name: {path} is the path without its leading slash, {id} of the request, {offset} and {length} as they were asked
for, {index} from 0 on in the order asked. Example: --output-name '{id}.bin'.
--strict reads all lists before anything else: stdin and pipes are held in memory then.
--read-order changes nothing in the output. Device order goes by inode number, where dozens of files of a directory are
asked for at a time and aren't in the page cache.
URLs are taken wherever paths are: file:, http:, https:, s3:, gs:, az: and abfs:. They may be of several servers, with paths
between them. One fails alone. In their patterns * takes leading dots, too. A # of a key is %23, a * that is no pattern %2A.
Credentials: see docs/cloud.md.
--dry-run of URLs asks for the size of each object that no listing told, by a request for one byte; it says what a run would
cost in requests, bytes and time.
--dry-run is the run itself, without reading. It trusts the sizes that the file system states: procfs and pipes have none.
A run merges what has come from a long list by then: now and then less than the plan says. Where --direct auto bypasses the
page cache, it merges more.
A closed stdout (>&-) can't be told from /dev/null: Node puts that in its place.`;
