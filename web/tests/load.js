/* The scripts of a page's folder in node, as a browser would read them, without its document. */
"use strict";
const fs = require("fs"), path = require("path"), vm = require("vm"), zlib = require("zlib");

/* {Engine, loadModel, parseSafetensors, decodeBase64, harmoniumModel, harmoniumNets} of a folder that `harmonium web` wrote. */
exports.loadPage = function loadPage(folder, engineFile) {
    const read = name => fs.readFileSync(name, "utf8");
    const context = vm.createContext({WebAssembly, TextDecoder, atob, console, process, require, Buffer, performance, __dirname: folder,
        __filename: path.join(folder, "engine.js")});
    const scripts = ["model.js", "nets.js", "shared.js", "page.js"].map(name => read(path.join(folder, name)));
    vm.runInContext([read(engineFile || path.join(folder, "engine.js")), ...scripts].join("\n") +
        "\nvar page = {Engine, loadModel, parseSafetensors, decodeBase64, harmoniumModel, harmoniumNets};", context);
    return context.page;
};

/* Cases of an IDX file of bytes, 0..1. */
exports.readImages = function readImages(file) {
    const bytes = zlib.gunzipSync(fs.readFileSync(file));
    const [n, height, width] = [4, 8, 12].map(at => bytes.readUInt32BE(at)), size = height * width;
    return Array.from({length: n}, (_, i) => Float32Array.from(bytes.subarray(16 + i * size, 16 + (i + 1) * size), x => x / 255));
};

/* "7 0.99" a line, as `harmonium classify` prints. */
exports.readAnswers = function readAnswers(file) {
    return fs.readFileSync(file, "utf8").trim().split("\n").map(line => line.split(" ").map(Number));
};
