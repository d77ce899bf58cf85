"""check_site.py SITE: links, anchors, pictures, completeness of the pages in SITE, and the Markdown files that they are made from.

Run in the root of the source tree by test_site.sh."""
import csv
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

FAULTS = []
FENCED = re.compile(r"^```.*?^```|^ {4}.*?$", re.S | re.M)


class Page(HTMLParser):
    """What a page links to, what it loads, what can be linked to, and the cells of its tables."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors, self.rows, self.in_cell = [], [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif "href" in attributes:
            self.loads.append(attributes["href"])
        if "src" in attributes:
            self.loads.append(attributes["src"])
        if "id" in attributes:
            self.anchors.append(attributes["id"])
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag != "td"

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data


def check_pages(site, pages):
    for name, page in pages.items():
        for target in page.loads:
            if re.match(r"\w+:|//", target):
                FAULTS.append(f"{name}: asks for {target}, which is elsewhere")
            elif not (site / unquote(target)).is_file():
                FAULTS.append(f"{name}: {target} is not there")
        for target in page.links:
            file, _, anchor = target.partition("#")
            if re.match(r"https?:", target):
                continue
            if (file or name) not in pages:
                FAULTS.append(f"{name}: links to {target}, which is no page")
            elif anchor and anchor not in pages[file or name].anchors:
                FAULTS.append(f"{name}: links to {target}, which has no such anchor")
        for anchor in {a for a in page.anchors if page.anchors.count(a) > 1}:
            FAULTS.append(f"{name}: two anchors are called {anchor}")
    for file in (site / "style.css", site / "site.js"):
        if re.search(r"https?:|url\(|@import|fetch\(", file.read_text()):
            FAULTS.append(f"{file.name}: asks for something elsewhere")


def check_reference(pages):
    count = 0
    for header in sorted(Path("include/harmonium").glob("*.h")):
        code = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        for name in re.findall(r"^[a-z][^\n=(]*\b(hm_\w+)\(", code, re.M):
            count += 1
            if name not in pages[f"{header.name}.html"].anchors:
                FAULTS.append(f"{header.name}.html: lacks the function {name}")
            if f"{header.name}.html#{name}" not in pages["api.html"].links:
                FAULTS.append(f"api.html: its index lacks {name}")
    if count < 300:
        FAULTS.append(f"only {count} functions were found in the headers")
    return count


def check_results(pages):
    with open("results/results.csv", newline="") as file:
        rows = list(csv.reader(file))[1:]
    if pages["results.html"].rows[1:] != rows:
        FAULTS.append("results.html: its table is not that of results/results.csv")
    return len(rows)


def slugs(text):
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings]


def check_markdown():
    for document in [Path("README.md"), *Path("docs").glob("*.md")]:
        text = re.sub(r"`[^`\n]*`", "", FENCED.sub("", document.read_text()))
        for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
            if re.match(r"https?:", target):
                continue
            path, _, anchor = target.partition("#")
            file = document.parent / path if path else document
            if not file.exists():
                FAULTS.append(f"{document}: links to {target}, which does not exist")
            elif anchor and anchor not in slugs(file.read_text()):
                FAULTS.append(f"{document}: links to {target}, which has no such heading")


def check_commands(document):
    """Every `harmonium VERB` of a document is one of docs/commands.md, with options that the verb has, and recipes that exist."""
    verbs = dict(re.findall(r"^## harmonium (\S+)(.*?)(?=^## |\Z)", Path("docs/commands.md").read_text(), re.S | re.M))
    text = "\n".join(re.findall(r"^ {4}(.*)$", document.read_text(), re.M)).replace("\\\n", " ")
    commands = re.findall(r"^harmonium (\S+)(.*)$", text, re.M)
    for verb, rest in commands:
        for option in re.findall(r"--[a-z-]+", rest):
            if not re.search(f"`{option}[ `]", verbs.get(verb, "")):
                FAULTS.append(f"{document}: harmonium {verb} has no {option}")
        if verb not in verbs:
            FAULTS.append(f"{document}: harmonium has no verb {verb}")
    for file in re.findall(r"\b(?:recipes|examples)/[\w./-]+\w", text):
        if not Path(file).exists():
            FAULTS.append(f"{document}: {file} does not exist")
    return len(commands)


def main(site):
    pages = {file.name: Page(file.read_text()) for file in site.glob("*.html")}
    for document in Path("docs").glob("*.md"):
        if f"{document.stem}.html" not in pages:
            FAULTS.append(f"{document} has no page")
    check_pages(site, pages)
    functions, rows = check_reference(pages), check_results(pages)
    check_markdown()
    commands = sum(check_commands(document) for document in [Path("README.md"), *Path("docs").glob("*.md")])
    print("".join(f"{fault}\n" for fault in FAULTS), end="")
    print(f"{len(pages)} pages, {sum(len(p.links) for p in pages.values())} links, {functions} functions, "
          f"{rows} results, {commands} commands")
    sys.exit(bool(FAULTS))


main(Path(sys.argv[1]))
