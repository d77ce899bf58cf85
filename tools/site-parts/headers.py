"""The public headers as pages: their opening comments, and each group of declarations with its comment."""
import re
from html import escape
from textwrap import dedent

COMMENT = re.compile(r"/\*.*?\*/", re.S)
TOKEN = re.compile(r"\b(?:hm|HM)_\w+")
SECTION = re.compile(r"/\* -{4} (.*?) -{4,} \*/")
# What a C++ compiler and the include guard need, which says nothing to a reader.
SCAFFOLD = re.compile(r"^#ifdef __cplusplus\n(?:.*\n)?.*\n#endif\n|^#(?:ifndef|define) HARMONIUM_\w+_H\n|^#include .*\n|^#endif\s*\Z", re.M)
# Of code without comments and without the insides of braces, but for enumerations.
NAMES = (("macro", r"#define (HM_\w+)"), ("constant", r"[{,]\s*(HM_\w+)(?=\s*[,=}])"), ("constant", r"\bX\((\w+),"),
         ("type", r"\(\*(hm_\w+)\)\("), ("type", r"^typedef[^;(]*\b(hm_\w+);"), ("function", r"\b(hm_\w+)\("),
         ("table", r"^extern [^;(]*\b(hm_\w+)(?:\[\w*\])?;"))


class Group:
    """A comment and the declarations that follow it up to a blank line or the next comment."""

    def __init__(self, text):
        found = COMMENT.match(text)
        self.comment = found.group() if found else ""
        self.code = text[len(self.comment):].strip("\n")
        self.names = declared(self.code)


class Header:
    def __init__(self, path):
        text = path.read_text()
        self.name = path.name
        self.opening = COMMENT.match(text).group()
        self.includes = re.findall(r"#include <harmonium/(\S+)>", text)
        self.groups = [Group(part) for part in parts(SCAFFOLD.sub("", text[len(self.opening):] + "\n"))]

    @property
    def summary(self):
        return re.split(r"(?<=\.)\s", " ".join(plain(self.opening)))[0].rstrip(":.") + "."


def parts(text):
    """Splits at blank lines, and before comments that follow a declaration, wherever no brace or comment is open."""
    part, depth, is_in_comment = [], 0, False
    for line in text.splitlines():
        is_free = depth == 0 and not is_in_comment
        if part and is_free and (not line.strip() or line.startswith("/*")):
            yield "\n".join(part)
            part = []
        if line.strip():
            part.append(line)
        is_in_comment = line.rfind("/*") > line.rfind("*/") or (is_in_comment and "*/" not in line)
        code = COMMENT.sub("", line)
        if not is_in_comment:
            depth += code.count("{") - code.count("}")
    if part:
        yield "\n".join(part)


def without_bodies(code):
    """Blanks what stands between braces, which declares nothing at the level of the file, unless it is an enumeration's."""
    code = COMMENT.sub("", code)
    inner = re.compile(r"(?<!#)\{[^{}]*\}")
    while True:
        bodies = [m for m in inner.finditer(code) if "enum" not in code[:m.start()].rsplit(";", 1)[-1]]
        if not bodies:
            return code
        code = code[:bodies[-1].start()] + code[bodies[-1].end():]


def declared(code):
    """Names in the order of their kinds: {name: kind}."""
    code, names = without_bodies(code), {}
    for kind, pattern in NAMES:
        for name in re.findall(pattern, code, re.M):
            names.setdefault(name if name.lower().startswith("hm_") else "HM_" + name, kind)
    for name in re.findall(r"\}\s*(hm_\w+);|typedef (?:struct|enum) (hm_\w+)", code):
        names[name[0] or name[1]] = "type"
    return names


def plain(comment):
    """The lines of a comment without its stars."""
    return [re.sub(r"^ \* ?", "", line).rstrip() for line in comment[2:-2].strip().splitlines()]


def linked(text, links, own=(), unplaced=None):
    """Escaped C or prose, its known names linked, but for `own`: those of them that are `unplaced` get their anchor where they stand."""
    def name(match):
        word = match.group()
        if unplaced and word in unplaced:
            unplaced.discard(word)
            return f'<b id="{word}">{word}</b>'
        return f'<a href="{links[word]}">{word}</a>' if word in links and word not in own else word
    return TOKEN.sub(name, escape(text, quote=False))


def marked(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def prose(comment, links):
    """A comment as HTML: paragraphs, and what is indented as it stands."""
    out, block = [], []

    def end():
        if block:
            is_code = block[0].startswith("  ")
            text = linked(dedent("\n".join(block)), links)
            out.append(f"<pre><code>{text}</code></pre>" if is_code else f"<p>{marked(text)}</p>")
            block.clear()
    for line in plain(comment):
        if not line or (block and line.startswith("  ") != block[0].startswith("  ")):
            end()
        if line:
            block.append(line)
    end()
    return "\n".join(out)


def code_html(group, links):
    """The declarations, comments among them set apart; anchors in front for names that no token spells (those of an X list)."""
    out, at, own = [], 0, set(group.names)
    spelt = own & set(TOKEN.findall(COMMENT.sub("", group.code)))
    out += [f'<a id="{name}"></a>' for name in group.names if name not in spelt]
    for match in COMMENT.finditer(group.code):
        out.append(linked(group.code[at:match.start()], links, own, spelt))
        out.append("<i>" + linked(match.group(), links, own) + "</i>")
        at = match.end()
    return "".join(out) + linked(group.code[at:], links, own, spelt)


def group_html(group, links):
    section = SECTION.fullmatch(group.comment)
    if section:
        heading = section.group(1)
        anchor = re.sub(r"\W+", "-", heading.lower()).strip("-")
        return f'<h2 id="section-{anchor}">{escape(heading)}</h2>' + (code_block(group, links) if group.code else "")
    return (prose(group.comment, links) if group.comment else "") + (code_block(group, links) if group.code else "")


def code_block(group, links):
    return f'<pre class="declaration"><code>{code_html(group, links)}</code></pre>'


def header_html(header, links):
    out = [f'<h1 id="top">{header.name}</h1>', prose(header.opening, links)]
    if header.includes:
        out.append("<p>Includes " + ", ".join(f'<a href="{name}.html">{name}</a>' for name in header.includes) + ".</p>")
    for i, group in enumerate(header.groups):
        title = escape(", ".join(group.names))
        found = f' id="group-{i}" data-section="{title}"' if group.names else ""
        out.append(f'<section class="group"{found}>{group_html(group, links)}</section>')
    return "\n".join(out)


def index_html(headers, links):
    rows = "".join(f'<tr><td><a href="{h.name}.html">{h.name}</a></td><td>{marked(escape(h.summary))}</td></tr>' for h in headers)
    names = sorted((name, kind, h.name) for h in headers for g in h.groups for name, kind in g.names.items())
    index = "".join(f'<tr><td><a href="{links[name]}"><code>{name}</code></a></td><td>{kind}</td><td>{header}</td></tr>'
                    for name, kind, header in names)
    return (f'<h1 id="top">The C interface</h1><p>Made from the headers in include/harmonium. <code>harmonium.h</code> includes them '
            f'all.</p>'
            f'<table><thead><tr><th>header</th><th>what</th></tr></thead><tbody>{rows}</tbody></table>'
            f'<h2 id="names">All names</h2><p>{len(names)} of them.</p><table class="sortable" data-filter="names"><thead><tr>'
            f'<th>name</th><th>kind</th><th>header</th></tr></thead><tbody>{index}</tbody></table>')
