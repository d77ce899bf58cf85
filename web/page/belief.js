/* The page of belief nets: a graph whose nodes are observed by pressing them. */
"use strict";

const NODE_WIDTH = 150, NODE_HEIGHT = 64, GAP_X = 40, GAP_Y = 80, MARGIN = 30;
const SAMPLE_MS = 350;

function svg(name, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes))
        element.setAttribute(key, value);
    if (text !== undefined)
        element.textContent = text;
    return element;
}

/* Generations from the causes down: a node stands below all its parents. */
function generationsOf(nodes) {
    const depth = nodes.map(() => 0);
    for (let pass = 0; pass < nodes.length; pass++)
        nodes.forEach((node, i) => node.parents.forEach(parent => depth[i] = Math.max(depth[i], depth[parent] + 1)));
    const generations = [];
    nodes.forEach((_, i) => (generations[depth[i]] = generations[depth[i]] || []).push(i));
    return generations;
}

/* Places of nodes; each generation is ordered by the mean place of its parents, so that few edges cross. */
function layOut(nodes) {
    const generations = generationsOf(nodes), x = nodes.map(() => 0), y = nodes.map(() => 0);
    const widest = Math.max(...generations.map(generation => generation.length));
    const width = widest * (NODE_WIDTH + GAP_X) - GAP_X;
    generations.forEach((generation, depth) => {
        const pull = i => nodes[i].parents.reduce((sum, parent) => sum + x[parent], 0) / (nodes[i].parents.length || 1);
        generation.sort((a, b) => pull(a) - pull(b) || a - b);
        const slot = width / generation.length;
        generation.forEach((i, k) => {
            x[i] = MARGIN + slot * (k + 0.5);
            y[i] = MARGIN + NODE_HEIGHT / 2 + depth * (NODE_HEIGHT + GAP_Y);
        });
    });
    return {x, y, width: width + 2 * MARGIN, height: generations.length * (NODE_HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN};
}

class BeliefPage {
    constructor(engine) {
        this.engine = engine;
        for (const name of Object.keys(harmoniumNets))
            $("which").append(new Option(name, name));
        $("which").addEventListener("change", () => this.choose($("which").value));
        $("forget").addEventListener("click", () => this.forget());
        $("use").addEventListener("click", () => this.use($("text").value));
        $("sample").addEventListener("click", () => this.sample());
        const temperature = $("temperature");
        temperature.addEventListener("input", () => temperature.nextElementSibling.textContent = Number(temperature.value).toFixed(1));
        this.choose($("which").value);
    }

    choose(name) {
        this.name = name;
        $("text").value = harmoniumNets[name];
        this.use(harmoniumNets[name]);
    }

    use(text) {
        if (!this.engine.withTexts([this.name, text], (name, text) => this.engine.net(name, text))) {
            tellTrouble(this.engine.errorText());
            return;
        }
        $("trouble").hidden = true;
        const {engine} = this;
        this.nodes = Array.from({length: engine.n_nodes()}, (_, i) => ({
            name: engine.text(engine.node_name(i)),
            values: [0, 1].map(value => engine.text(engine.node_value(i, value))).map(value => ({0: "off", 1: "on"}[value] || value)),
            parents: Array.from({length: engine.n_parents(i)}, (_, k) => engine.parent(i, k)),
            weights: Array.from({length: engine.n_parents(i)}, (_, k) => engine.parent_weight(i, k)),
            observed: -1,
        }));
        this.draw();
        this.prior = this.infer();
        this.show(this.prior, "Nothing is observed yet.");
    }

    infer() {
        const address = this.engine.infer();
        if (address) {
            $("trouble").hidden = true;
            return Array.from(this.engine.doubles(address, this.nodes.length));
        }
        tellTrouble(this.engine.errorText());
        return null;
    }

    /* Unobserved, on, off, and round again. */
    press(i) {
        const node = this.nodes[i], before = this.shares, was = node.observed;
        node.observed = {"-1": 1, "1": 0, "0": -1}[was];
        this.engine.observe(i, node.observed);
        const shares = this.infer();
        if (!shares) {
            node.observed = was;
            this.engine.observe(i, was);
            return;
        }
        const said = node.observed < 0 ? `Forgotten: ${node.name}.` : `Observed: ${node.name} is ${node.values[node.observed]}.`;
        this.show(shares, `${said} ${this.tellMoved(i, before, shares)}`);
    }

    /* The unobserved node whose probability moved most. */
    tellMoved(pressed, before, shares) {
        let best = -1, most = 0.005;
        shares.forEach((share, i) => {
            const moved = Math.abs(share - before[i]);
            if (i !== pressed && this.nodes[i].observed < 0 && moved > most)
                [best, most] = [i, moved];
        });
        if (best < 0)
            return "Nothing else moves.";
        const isCauseOfSame = this.nodes.some(node => node.observed >= 0 && [best, pressed].every(i => node.parents.includes(i)));
        const isExplained = isCauseOfSame && this.nodes[pressed].observed === 1;
        const verb = shares[best] > before[best] ? "rises" : isExplained ? "is explained away" : "falls";
        return `${this.nodes[best].name} ${verb}: ${before[best].toPrecision(3)} → ${shares[best].toPrecision(3)}.`;
    }

    forget() {
        this.nodes.forEach((node, i) => {
            node.observed = -1;
            this.engine.observe(i, -1);
        });
        this.show(this.infer(), "Nothing is observed.");
    }

    /* -- Drawing -- */

    draw() {
        const {x, y, width, height} = layOut(this.nodes), graph = $("graph");
        graph.replaceChildren();
        graph.setAttribute("viewBox", `0 0 ${Math.max(width, 420)} ${height}`);
        const shift = Math.max(0, (420 - width) / 2);
        const arrow = svg("marker", {id: "arrow", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 8, markerHeight: 8, orient: "auto"});
        arrow.append(svg("path", {d: "M0 0L10 5L0 10z", class: "arrow"}));
        graph.append(svg("defs", {}));
        graph.firstChild.append(arrow);
        this.nodes.forEach((node, i) => node.parents.forEach((parent, k) => {
            const x1 = x[parent] + shift, x2 = x[i] + shift, y1 = y[parent] + NODE_HEIGHT / 2, y2 = y[i] - NODE_HEIGHT / 2 - 2;
            graph.append(svg("line", {x1, y1, x2, y2, "marker-end": "url(#arrow)"}));
            if (!Number.isNaN(node.weights[k])) {
                const middle = {x: (2 * x1 + x2) / 3, y: (2 * y1 + y2) / 3 + 4, class: "weight"};
                graph.append(svg("text", middle, String(+node.weights[k].toPrecision(3))));
            }
        }));
        this.nodes.forEach((node, i) => this.drawNode(node, i, x[i] + shift, y[i]));
    }

    drawNode(node, i, x, y) {
        const left = x - NODE_WIDTH / 2, top = y - NODE_HEIGHT / 2;
        const group = svg("g", {class: "node", tabindex: 0, role: "button"});
        const bar = {x: left + 12, y: top + 30, height: 8, rx: 4};
        node.group = group;
        node.fill = svg("rect", {...bar, width: 0, class: "fill"});
        node.tick = svg("line", {y1: bar.y - 3, y2: bar.y + 11, class: "prior"});
        node.state = svg("text", {x, y: top + 55, class: "state"});
        node.barLeft = bar.x;
        group.append(svg("rect", {x: left, y: top, width: NODE_WIDTH, height: NODE_HEIGHT, rx: 10, class: "box"}),
            svg("text", {x, y: top + 21, class: "name"}, node.name), svg("rect", {...bar, width: NODE_WIDTH - 24, class: "track"}),
            node.fill, node.tick, node.state);
        group.addEventListener("click", () => this.press(i));
        group.addEventListener("keydown", event => {
            if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                this.press(i);
            }
        });
        $("graph").append(group);
    }

    show(shares, story) {
        if (!shares)
            return;
        this.shares = shares;
        const room = NODE_WIDTH - 24;
        this.nodes.forEach((node, i) => {
            const at = node.barLeft + room * this.prior[i];
            node.fill.setAttribute("width", room * shares[i]);
            node.tick.setAttribute("x1", at);
            node.tick.setAttribute("x2", at);
            node.state.textContent = node.observed < 0 ? `P(${node.values[1]}) = ${shares[i].toPrecision(3)}`
                : `observed: ${node.values[node.observed]}`;
            node.group.classList.toggle("observed", node.observed >= 0);
            node.group.classList.remove("lit");
            node.group.setAttribute("aria-label", `${node.name}, ${node.state.textContent}`);
        });
        $("story").textContent = story;
        const evidence = this.engine.log_evidence(), method = this.engine.text(this.engine.infer_method());
        $("method").textContent = `Inference by ${method}` +
            (Number.isFinite(evidence) ? `; log P(what was observed) = ${(evidence + 0).toFixed(3)} nats.` : ".");
    }

    /* Nodes light up generation by generation. */
    sample() {
        clearTimeout(this.sampling);
        const address = this.engine.net_sample(Number($("temperature").value));
        if (!address) {
            tellTrouble(this.engine.errorText());
            return;
        }
        const states = Array.from(this.engine.module.HEAPU8.subarray(address, address + this.nodes.length));
        const generations = generationsOf(this.nodes);
        this.nodes.forEach(node => node.group.classList.remove("lit"));
        const light = depth => {
            generations[depth].forEach(i => this.nodes[i].group.classList.toggle("lit", states[i] === 1));
            if (depth + 1 < generations.length)
                this.sampling = setTimeout(light, SAMPLE_MS, depth + 1);
        };
        light(0);
        const on = this.nodes.filter((_, i) => states[i]).map(node => node.name);
        $("story").textContent = on.length ? `Sampled: ${on.join(", ")} on, all else off.` : "Sampled: nothing is on.";
    }
}

if (typeof document !== "undefined")
    start(async engine => {
        if (typeof harmoniumNets === "undefined")
            throw new Error("nets.js is not there or not whole; write the page anew with harmonium web MODEL -o FOLDER");
        window.belief = new BeliefPage(engine);
    });
