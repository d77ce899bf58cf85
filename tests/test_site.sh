#!/bin/sh
# tools/site: its links, anchors and pictures, that nothing is missing, that nothing comes from elsewhere, and its search.
set -eu
cd "${HARMONIUM_SOURCE_DIR:-.}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import markdown' 2>/dev/null ||
    { echo "skipped: no Python module markdown (Debian: python3-markdown)"; exit 77; }

tools/site "$folder/site" || fail "tools/site"
/usr/bin/python3 tests/check_site.py "$folder/site" || fail "the pages"
: >"$folder/file"
! tools/site "$folder/file" 2>"$folder/error" || fail "wrote into a file"
grep -q "$folder/file.*another folder" "$folder/error" || { cat "$folder/error"; fail "said something else"; }
status=0
tools/site one two 2>"$folder/error" || status=$?
[ $status = 2 ] && grep -q usage "$folder/error" || fail "took two folders"

command -v node >/dev/null 2>&1 || { echo "without node (Debian: nodejs): the search is left out"; exit 0; }
cat >"$folder/search.js" <<'END'
const fs = require("fs"), site = process.argv[2];
const { search, compareCells } = require(site + "/site.js");
const index = new Function(fs.readFileSync(site + "/search-index.js", "utf8") + "return SEARCH_INDEX;")();
const wrong = [];
function finds(query, url) { // a place that begins so, among the first three
    const found = search(index, query).slice(0, 3).map((entry) => entry.url);
    if (!found.some((place) => place.startsWith(url))) wrong.push(`"${query}" finds ${found} and not ${url}`);
}
finds("hm_rbm_free_energy", "rbm.h.html#");
finds("explain each other away", "tutorial.html#2-sigmoid-belief-nets-and-causes-that-explain-each-other-away");
finds("up-down", "fine-tuning.html#up-down-contrastive-wake-sleep");
finds("CamVid", "scenes.html#camvid");
finds("harmonium classify", "commands.html#harmonium-classify-model-data");
finds("pkg-config", "install.html#pkg-config");
if (search(index, "zyzzyva").length || search(index, "  ").length) wrong.push("something is found for nothing");
if (!search(index, "-dropout weight")[0].snippet) wrong.push("no snippet");
const sorted = ["10", "", "9.5", "abc", "-1"].sort(compareCells).join();
if (sorted !== "-1,9.5,10,,abc") wrong.push(`sorted as ${sorted}`);
for (const { url } of index)
    if (!fs.readFileSync(`${site}/${url.split("#")[0]}`, "utf8").includes(`id="${url.split("#")[1] || "main"}"`)) wrong.push(`${url}: no such place`);
console.log(wrong.join("\n") || `${index.length} sections can be found`);
process.exit(wrong.length ? 1 : 0);
END
node "$folder/search.js" "$folder/site" || fail "the search"
