/* The page of a net. The picture is its lowest layer: what one draws there is looked at, what the net dreams is shown there. */
"use strict";

/* ---- The model file (safetensors, docs/file-format.md) ---- */

function decodeBase64(text) {
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++)
        bytes[i] = raw.charCodeAt(i);
    return bytes;
}

function parseSafetensors(bytes) {
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const texts = header.__metadata__;
    delete header.__metadata__;
    return {texts, tensors: header, data: bytes.subarray(8 + length)};
}

/* A tensor as floats, into `out`. */
function readTensor(file, name, out) {
    const tensor = file.tensors[name];
    if (!tensor)
        throw new Error(`model.js: the model has no tensor ${name}; write the page anew with harmonium web`);
    const [begin, end] = tensor.data_offsets, bytes = file.data.slice(begin, end);
    const size = tensor.dtype === "BF16" ? 2 : 4;
    if (bytes.length !== out.length * size)
        throw new Error(`model.js: ${name} is not whole; write the page anew with harmonium web`);
    if (tensor.dtype === "F32") {
        out.set(new Float32Array(bytes.buffer));
        return;
    }
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length), halves = new Uint16Array(bytes.buffer);
    for (let i = 0; i < halves.length; i++)
        bits[i] = halves[i] << 16;
}

const PARTS = ["W", "visible_bias", "hidden_bias"];

function fillParameters(engine, file) {
    const isRbm = file.texts.kind === "rbm", nLevels = engine.n_layers() - 1;
    const isUntied = "level0.generative.W" in file.tensors;
    for (let level = 0; level < nLevels; level++)
        PARTS.forEach((part, k) => {
            const put = (name, isGenerative) => {
                const address = engine.check(engine.parameters(level, isGenerative, k));
                readTensor(file, name, engine.floats(address, engine.n_parameters(level, k)));
            };
            put((isRbm ? "" : `level${level}.`) + part, 0);
            if (isUntied && level + 1 < nLevels && part !== "hidden_bias")
                put(`level${level}.generative.${part}`, 1);
        });
}

function fillStandardising(engine, file) {
    if (!("data.shift" in file.tensors))
        return;
    const n = engine.layer_size(0), address = engine.module._malloc(8 * n);
    readTensor(file, "data.shift", engine.floats(address, n));
    readTensor(file, "data.spread", engine.floats(address + 4 * n, n));
    engine.check(engine.standardise(address, address + 4 * n));
    engine.module._free(address);
}

function loadModel(engine, source) {
    const file = parseSafetensors(decodeBase64(source.bytes)), texts = file.texts;
    if (texts.kind !== "rbm" && texts.kind !== "dbn")
        throw new Error(`model.js holds a model of kind ${texts.kind}; this page shows an rbm or a dbn`);
    const sides = texts.image.split("x").map(Number), nLabels = Number(texts.labels || 0);
    const [height, width] = sides.slice(-2), channels = sides.length === 3 ? sides[0] : 1;
    engine.withTexts([texts.layers], layers => engine.check(engine.model(layers, nLabels, height, width, channels)));
    fillParameters(engine, file);
    fillStandardising(engine, file);
    const lines = (texts.classes || "").split("\n").filter(line => line);
    const names = Array.from({length: nLabels}, (_, k) => lines[k] ? lines[k].replace(/^\d+ (?=.)/, "") : String(k));
    return {name: source.name, height, width, channels, labels: names};
}

/* ---- Pictures of layers ---- */

/* Where unit i of a layer is drawn: maps beside each other, else rows of a field about four times as wide as high. */
function arrangementOf(engine, layer) {
    const n = engine.layer_size(layer), [maps, height, width] = [0, 1, 2].map(side => engine.layer_side(layer, side));
    if (maps) {
        const across = Math.ceil(Math.sqrt(maps * 4 * height / width)), down = Math.ceil(maps / across);
        const place = i => {
            const map = Math.floor(i / (height * width)), s = i % (height * width);
            return [Math.floor(map / across) * (height + 1) + Math.floor(s / width), map % across * (width + 1) + s % width];
        };
        return {n, rows: down * (height + 1) - 1, columns: across * (width + 1) - 1, place};
    }
    let columns = Math.ceil(Math.sqrt(4 * n));
    for (let wider = columns; wider < 1.4 * columns; wider++)
        if (n % wider === 0) {
            columns = wider;
            break;
        }
    return {n, rows: Math.ceil(n / columns), columns, place: i => [Math.floor(i / columns), i % columns]};
}

function colourOf(name) {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const text = probe.fillStyle;
    return [1, 3, 5].map(at => parseInt(text.slice(at, at + 2), 16));
}

/* A canvas with a pixel a unit, from one colour (0) to another (1). */
class Field {
    constructor(canvas, columns, rows) {
        this.canvas = canvas;
        canvas.width = columns;
        canvas.height = rows;
        this.context = canvas.getContext("2d");
        this.image = this.context.createImageData(columns, rows);
    }

    paint(at, value, off, on) {
        const share = Math.min(1, Math.max(0, value)), data = this.image.data;
        for (let k = 0; k < 3; k++)
            data[4 * at + k] = off[k] + share * (on[k] - off[k]);
        data[4 * at + 3] = 255;
    }

    show() {
        this.context.putImageData(this.image, 0, 0);
    }
}

const BLACK = [0, 0, 0], WHITE = [255, 255, 255];

/* A picture of height x width, one or three channels (channel after channel). */
function paintPicture(field, values, channels, low = 0, high = 1) {
    const n = values.length / channels, data = field.image.data;
    for (let i = 0; i < n; i++)
        for (let k = 0; k < 3; k++) {
            data[4 * i + k] = 255 * (values[channels === 3 ? k * n + i : i] - low) / (high - low);
            data[4 * i + 3] = 255;
        }
    field.show();
}

/* Hidden units, to point at and to press. */
class LayerView {
    constructor(page, layer) {
        this.page = page;
        this.layer = layer;
        this.arrangement = arrangementOf(page.engine, layer);
        this.held = new Map();
        this.cursor = 0;
        const {rows, columns, n} = this.arrangement;
        const box = document.createElement("div");
        box.className = "layer";
        box.innerHTML = `<h2><span>layer ${layer}: ${n} units</span><span class="busy"></span></h2>
            <div class="stack"><canvas tabindex="0" role="img"></canvas><canvas class="marks" aria-hidden="true"></canvas></div>`;
        $("layers").prepend(box);
        this.busy = box.querySelector(".busy");
        this.field = new Field(box.querySelector("canvas"), columns, rows);
        this.marks = box.querySelector(".marks");
        this.unitAt = new Int32Array(rows * columns).fill(-1);
        this.atOf = new Int32Array(n);
        for (let i = 0; i < n; i++) {
            const [row, column] = this.arrangement.place(i);
            this.atOf[i] = row * columns + column;
            this.unitAt[this.atOf[i]] = i;
        }
        this.listen();
        this.takeColours();
    }

    takeColours() {
        this.off = colourOf("--off");
        this.on = colourOf("--on");
    }

    listen() {
        const canvas = this.field.canvas;
        const unitUnder = event => {
            const box = canvas.getBoundingClientRect(), {rows, columns} = this.arrangement;
            const row = Math.floor((event.clientY - box.top) / box.height * rows);
            const column = Math.floor((event.clientX - box.left) / box.width * columns);
            return row >= 0 && row < rows && column >= 0 && column < columns ? this.unitAt[row * columns + column] : -1;
        };
        canvas.addEventListener("pointermove", event => this.look(unitUnder(event)));
        canvas.addEventListener("click", event => this.press(unitUnder(event)));
        canvas.addEventListener("keydown", event => {
            const moves = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.arrangement.columns, ArrowDown: this.arrangement.columns};
            if (event.key in moves)
                this.look(Math.min(this.arrangement.n - 1, Math.max(0, this.cursor + moves[event.key])));
            else if (event.key === "Enter" || event.key === " ")
                this.press(this.cursor);
            else
                return;
            event.preventDefault();
        });
    }

    look(unit) {
        if (unit < 0)
            return;
        this.cursor = unit;
        this.page.showUnit(this, unit);
        this.drawMarks();
    }

    /* Free, held on, held off, free again. */
    press(unit) {
        if (unit < 0)
            return;
        const now = this.held.get(unit), next = now === undefined ? 1 : now === 1 ? 0 : undefined;
        this.page.hold(this, unit, next);
    }

    draw() {
        const values = this.page.engine.floats(this.page.engine.layer(this.layer), this.arrangement.n);
        let sum = 0;
        for (let i = 0; i < values.length; i++) {
            sum += values[i];
            this.field.paint(this.atOf[i], values[i], this.off, this.on);
        }
        this.field.show();
        const isShare = values.every(value => value >= 0 && value <= 1), mean = sum / values.length;
        this.busy.textContent = isShare ? `${Math.round(100 * mean)} % on` : `mean ${mean.toFixed(2)}`;
        this.field.canvas.setAttribute("aria-label", `Layer ${this.layer}, ${values.length} units, ${this.busy.textContent}`);
    }

    clear() {
        this.field.context.clearRect(0, 0, this.field.canvas.width, this.field.canvas.height);
        this.busy.textContent = "";
    }

    drawMarks() {
        const canvas = this.marks, box = this.field.canvas.getBoundingClientRect(), {rows, columns} = this.arrangement;
        canvas.width = box.width * devicePixelRatio;
        canvas.height = box.height * devicePixelRatio;
        const context = canvas.getContext("2d"), w = canvas.width / columns, h = canvas.height / rows;
        const frame = (unit, style, width, reach) => {
            const at = this.atOf[unit], x = at % columns * w, y = Math.floor(at / columns) * h;
            context.lineWidth = width * devicePixelRatio;
            context.strokeStyle = style;
            context.strokeRect(x - reach, y - reach, w + 2 * reach, h + 2 * reach);
        };
        for (const [unit, value] of this.held)
            frame(unit, value ? "#ff6a00" : "#2f9bff", 2, 1);
        if (this.page.pointed === this)
            frame(this.cursor, "#ff3fa4", 1.5, 2);
    }
}

/* ---- The page ---- */

const SPEEDS = [1, 2, 5, 10, 20, 30, 60];
const RISE_MS = 130, SETTLE_STEPS = 12;

class Page {
    constructor(engine, model) {
        this.engine = engine;
        this.model = model;
        this.ink = new Float32Array(model.height * model.width);
        this.nFeatures = engine.layer_size(0);
        this.isPlaying = false;
        this.label = -1;
        this.nSteps = 0;
        this.nFrames = 0;
        this.held = 0;
        this.pictureField = new Field($("picture"), model.width, model.height);
        this.featureField = new Field($("feature"), model.width, model.height);
        this.layers = Array.from({length: engine.n_layers() - 1}, (_, l) => new LayerView(this, l + 1));
        this.mask = engine.module._malloc(this.nFeatures);
        this.makeLabels();
        this.listen();
        this.drawInk();
        $("about").textContent = `${model.name}: ${[this.nFeatures, ...this.layers.map(layer => layer.arrangement.n)].join(" – ")} units` +
            `${model.labels.length ? ` and ${model.labels.length} labels` : ""}, computed on this machine.`;
    }

    /* -- Drawing -- */

    drawInk() {
        const {channels} = this.model, all = new Float32Array(this.nFeatures);
        for (let k = 0; k < channels; k++)
            all.set(this.ink, k * this.ink.length);
        paintPicture(this.pictureField, all, channels);
    }

    /* The drawing, moved so that its centre of mass lies in the middle, as digits of MNIST are. */
    seen() {
        const {height, width} = this.model;
        let sum = 0, y = 0, x = 0;
        this.ink.forEach((ink, i) => {
            sum += ink;
            y += ink * Math.floor(i / width);
            x += ink * (i % width);
        });
        if (!$("centre").checked || sum === 0)
            return this.ink;
        const dy = Math.round((height - 1) / 2 - y / sum), dx = Math.round((width - 1) / 2 - x / sum);
        const moved = new Float32Array(this.ink.length);
        this.ink.forEach((ink, i) => {
            const row = Math.floor(i / width) + dy, column = i % width + dx;
            if (row >= 0 && row < height && column >= 0 && column < width)
                moved[row * width + column] = ink;
        });
        return moved;
    }

    setData(picture) {
        const data = this.engine.floats(this.engine.layer(0), this.nFeatures);
        for (let k = 0; k < this.model.channels; k++)
            data.set(picture, k * picture.length);
    }

    /* A round brush with a soft edge; `ink` 0 rubs out. */
    dab(x, y, ink) {
        const {height, width} = this.model, radius = Math.max(0.8, width / 20);
        for (let row = Math.floor(y - radius - 1); row <= y + radius + 1; row++)
            for (let column = Math.floor(x - radius - 1); column <= x + radius + 1; column++) {
                if (row < 0 || row >= height || column < 0 || column >= width)
                    continue;
                const strength = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(row - y, column - x)));
                const i = row * width + column;
                this.ink[i] = ink ? Math.max(this.ink[i], strength) : Math.min(this.ink[i], 1 - strength);
            }
    }

    setPicture(pixels) {
        this.pause();
        this.ink.set(pixels);
        this.drawInk();
        this.look(false);
    }

    clear() {
        this.setPicture(new Float32Array(this.ink.length));
        this.layers.forEach(layer => layer.clear());
        this.showLabels(null);
        $("answer").textContent = "\u00a0";
        this.hasChain = false;
    }

    /* -- Looking -- */

    /* Activity of all layers; in slow motion it rises layer by layer, and then the labels settle. */
    look(isSlow) {
        cancelAnimationFrame(this.rising);
        this.hasChain = false;
        this.setData(this.seen());
        this.engine.check(this.engine.look());
        if (!isSlow || matchMedia("(prefers-reduced-motion: reduce)").matches) {
            this.layers.forEach(layer => layer.draw());
            this.settle(-1);
            return;
        }
        this.layers.forEach(layer => layer.clear());
        const began = performance.now();
        let nShown = 0, nSettled = 0;
        const rise = now => {
            while (nShown < this.layers.length && now - began > RISE_MS * (nShown + 1))
                this.layers[nShown++].draw();
            if (nShown === this.layers.length && this.model.labels.length)
                this.settle(nSettled < SETTLE_STEPS ? nSettled++ : -1);
            if (nShown < this.layers.length || (this.model.labels.length && nSettled < SETTLE_STEPS))
                this.rising = requestAnimationFrame(rise);
            else
                this.settle(-1);
        };
        this.rising = requestAnimationFrame(rise);
    }

    settle(nSteps) {
        const n = this.model.labels.length;
        if (!n)
            return;
        const shares = Array.from(this.engine.doubles(this.engine.check(this.engine.settle(nSteps)), n));
        this.showLabels(shares);
        if (nSteps < 0) {
            const best = shares.indexOf(Math.max(...shares));
            this.answer = best;
            $("answer").textContent = `It reads ${this.model.labels[best]} (${Math.round(100 * shares[best])} %).`;
        }
    }

    /* -- Labels -- */

    makeLabels() {
        const {labels} = this.model;
        $("labels").hidden = !labels.length;
        $("labels").style.setProperty("--longest", `${Math.max(...labels.map(name => name.length))}ch`);
        this.labelRows = labels.map((name, k) => {
            const button = document.createElement("button");
            button.innerHTML = '<span class="name"></span><span class="bar"><span></span></span><span class="share"></span>';
            button.querySelector(".name").textContent = name;
            button.title = `Hold the label ${name} and dream`;
            button.addEventListener("click", () => this.holdLabel(this.label === k ? -1 : k));
            $("labels").append(button);
            return {button, bar: button.querySelector(".bar span"), share: button.querySelector(".share")};
        });
        this.markLabel();
    }

    markLabel() {
        this.labelRows.forEach((row, k) => row.button.setAttribute("aria-pressed", String(k === this.label)));
    }

    holdLabel(k) {
        this.label = k;
        this.engine.check(this.engine.set_label(k));
        this.markLabel();
        if (k >= 0)
            this.play();
    }

    showLabels(shares) {
        this.labelRows.forEach((row, k) => {
            row.bar.style.width = shares ? `${100 * shares[k]}%` : 0;
            row.share.textContent = shares ? `${(100 * shares[k]).toFixed(1)} %` : "";
        });
    }

    /* -- Dreaming -- */

    isKept(keep, i) {
        const {height, width} = this.model, row = Math.floor(i / width), column = i % width;
        return {nothing: false, start: false, left: column < width / 2, right: column >= width / 2, top: row < height / 2,
            bottom: row >= height / 2, ink: this.ink[i] > 0.1}[keep];
    }

    beginChain() {
        const keep = $("keep").value, n = this.ink.length, isGiven = keep !== "nothing" && keep !== "start";
        const mask = this.engine.module.HEAPU8.subarray(this.mask, this.mask + this.nFeatures);
        for (let i = 0; i < this.nFeatures; i++)
            mask[i] = this.isKept(keep, i % n) ? 1 : 0;
        if (keep !== "nothing")
            this.setData(isGiven ? this.ink.map((ink, i) => mask[i] ? ink : 0) : this.seen());
        this.engine.check(this.engine.dream(keep === "nothing" ? 0 : 1, isGiven ? this.mask : 0));
        for (const layer of this.layers)
            for (const [unit, value] of layer.held)
                this.engine.hold(layer.layer, unit, value);
        this.hasChain = true;
        this.nSteps = 0;
        this.drawPictureMarks(isGiven ? mask : null);
    }

    step() {
        cancelAnimationFrame(this.rising);
        if (!this.hasChain)
            this.beginChain();
        this.engine.check(this.engine.step(1));
        this.nSteps++;
        this.showState();
    }

    showState() {
        const {labels, channels} = this.model;
        paintPicture(this.pictureField, this.engine.floats(this.engine.layer(0), this.nFeatures), channels);
        this.layers.forEach(layer => layer.draw());
        if (labels.length)
            this.showLabels(this.engine.doubles(this.engine.labels(), labels.length));
        $("answer").textContent = `Dreaming${this.label >= 0 ? ` of ${labels[this.label]}` : ""}: step ${this.nSteps}`;
        this.nFrames++;
    }

    play() {
        if (this.isPlaying)
            return;
        this.isPlaying = true;
        $("play").textContent = "Pause";
        let last = -Infinity;
        const frame = now => {
            if (!this.isPlaying)
                return;
            if (now - last >= 1000 / SPEEDS[$("speed").value] - 4) {
                last = now;
                this.step();
            }
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    }

    pause() {
        this.isPlaying = false;
        $("play").textContent = "Play";
    }

    /* What is kept is framed. */
    drawPictureMarks(mask) {
        const canvas = $("picture-marks"), {height, width} = this.model, scale = 8;
        canvas.width = width * scale;
        canvas.height = height * scale;
        if (!mask)
            return;
        const context = canvas.getContext("2d");
        context.fillStyle = "#ff6a00";
        const isIn = (row, column) => row >= 0 && row < height && column >= 0 && column < width && mask[row * width + column];
        for (let row = 0; row < height; row++)
            for (let column = 0; column < width; column++) {
                const x = column * scale, y = row * scale;
                if (!isIn(row, column))
                    continue;
                if (!isIn(row - 1, column)) context.fillRect(x, y, scale, 1);
                if (!isIn(row + 1, column)) context.fillRect(x, y + scale - 1, scale, 1);
                if (!isIn(row, column - 1)) context.fillRect(x, y, 1, scale);
                if (!isIn(row, column + 1)) context.fillRect(x + scale - 1, y, 1, scale);
            }
    }

    /* -- Units -- */

    showUnit(view, unit) {
        const before = this.pointed;
        this.pointed = view;
        if (before && before !== view)
            before.drawMarks();
        const address = this.engine.feature(view.layer, unit), {channels} = this.model;
        if (!address)
            return;
        const feature = Float32Array.from(this.engine.floats(address, this.nFeatures));
        const most = feature.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-9);
        paintPicture(this.featureField, feature, channels, -most, most);
        const value = this.engine.floats(this.engine.layer(view.layer), view.arrangement.n)[unit], held = view.held.get(unit);
        const state = held === undefined ? `now ${value.toFixed(2)}` : held ? "held on" : "held off";
        $("unit-text").textContent = `Unit ${unit + 1} of layer ${view.layer}, ${state}. White: it likes ink there; black: it does not.`;
        $("feature").setAttribute("aria-label", $("unit-text").textContent);
    }

    hold(view, unit, value) {
        if (!this.hasChain)
            this.beginChain();
        if (!this.engine.hold(view.layer, unit, value === undefined ? NaN : value)) {
            $("unit-text").textContent = this.engine.errorText(); /* such as: layer 1 pools its units */
            return;
        }
        if (value === undefined)
            view.held.delete(unit);
        else
            view.held.set(unit, value);
        this.showHeld(view, unit);
        if (!this.isPlaying)
            this.step();
    }

    showHeld(view, unit) {
        $("release").hidden = this.layers.every(layer => layer.held.size === 0);
        this.layers.forEach(layer => layer.drawMarks());
        if (view)
            this.showUnit(view, unit);
    }

    releaseAll() {
        for (const layer of this.layers) {
            for (const unit of layer.held.keys())
                this.engine.hold(layer.layer, unit, NaN);
            layer.held.clear();
        }
        this.showHeld(this.pointed, this.pointed && this.pointed.cursor);
    }

    /* -- Events -- */

    listen() {
        this.listenToDrawing();
        this.listenToKeys();
        const show = (id, text) => {
            const slider = $(id), tell = () => slider.nextElementSibling.textContent = text(slider.value);
            slider.addEventListener("input", tell);
            tell();
        };
        show("temperature", value => Number(value).toFixed(2));
        show("speed", value => `${SPEEDS[value]} / s`);
        $("temperature").addEventListener("input", () => this.engine.set_temperature(Number($("temperature").value)));
        $("play").addEventListener("click", () => this.isPlaying ? this.pause() : this.play());
        $("step").addEventListener("click", () => {
            this.pause();
            this.step();
        });
        $("again").addEventListener("click", () => this.begin());
        $("keep").addEventListener("change", () => this.begin());
        $("clear").addEventListener("click", () => this.clear());
        $("centre").addEventListener("change", () => this.look(false));
        $("release").addEventListener("click", () => this.releaseAll());
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.layers.forEach(layer => {
            layer.takeColours();
            layer.draw();
        }));
        window.addEventListener("resize", () => this.layers.forEach(layer => layer.drawMarks()));
    }

    begin() {
        this.beginChain();
        this.step();
    }

    /* Whoever draws looks, and no longer dreams. */
    beginDrawing() {
        this.pause();
        this.drawPictureMarks(null);
        this.drawInk();
    }

    listenToDrawing() {
        const canvas = $("picture");
        let last = null;
        const placeOf = event => {
            const box = canvas.getBoundingClientRect();
            return [(event.clientX - box.left) / box.width * this.model.width - 0.5,
                    (event.clientY - box.top) / box.height * this.model.height - 0.5];
        };
        const drawTo = ([x, y]) => {
            const [x0, y0] = last || [x, y], n = Math.max(1, Math.ceil(2 * Math.hypot(x - x0, y - y0)));
            for (let i = 1; i <= n; i++)
                this.dab(x0 + (x - x0) * i / n, y0 + (y - y0) * i / n, 1);
            last = [x, y];
            this.drawInk();
            this.look(false);
        };
        canvas.addEventListener("pointerdown", event => {
            canvas.setPointerCapture(event.pointerId);
            this.beginDrawing();
            drawTo(placeOf(event));
        });
        canvas.addEventListener("pointermove", event => last && drawTo(placeOf(event)));
        for (const end of ["pointerup", "pointercancel"])
            canvas.addEventListener(end, () => {
                if (last)
                    this.look(true);
                last = null;
            });
    }

    listenToKeys() {
        const pen = {x: this.model.width / 2, y: this.model.height / 2};
        $("picture").addEventListener("keydown", event => {
            const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
            if (event.key in moves) {
                pen.x = Math.min(this.model.width - 1, Math.max(0, pen.x + moves[event.key][0]));
                pen.y = Math.min(this.model.height - 1, Math.max(0, pen.y + moves[event.key][1]));
                if (event.shiftKey)
                    this.dab(pen.x, pen.y, 1);
            } else if (event.key === " " || event.key === "Backspace") {
                this.dab(pen.x, pen.y, event.key === " " ? 1 : 0);
            } else {
                return;
            }
            event.preventDefault();
            this.beginDrawing();
            this.look(false);
            const context = this.pictureField.context;
            context.fillStyle = "#ff6a00";
            context.fillRect(Math.round(pen.x), Math.round(pen.y), 1, 1);
        });
    }
}

if (typeof document !== "undefined")
    start(async engine => {
        if (typeof harmoniumModel === "undefined")
            throw new Error("model.js is not there or not whole; write the page anew with harmonium web MODEL -o FOLDER");
        window.harmonium = new Page(engine, loadModel(engine, harmoniumModel));
    });
