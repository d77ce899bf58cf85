/* What both pages need: the engine, text and numbers in its memory, and telling of trouble. */
"use strict";

const $ = id => document.getElementById(id);

function tellTrouble(message) {
    $("trouble").textContent = message;
    $("trouble").hidden = false;
}

/* A module with one vector instruction, which engines without SIMD refuse. */
const SIMD_PROBE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253,
    98, 11]);

/* The library, behind functions without their "_web_". */
class Engine {
    constructor(module) {
        this.module = module;
        for (const name of Object.keys(module))
            if (name.startsWith("_web_"))
                this[name.slice(5)] = module[name];
        if (!this.begin(Math.floor(Math.random() * 2 ** 31)))
            throw new Error(this.errorText());
    }

    static async load() {
        if (typeof WebAssembly !== "object")
            throw new Error("This browser has no WebAssembly, which the page computes with; any browser since 2017 has.");
        if (!WebAssembly.validate(SIMD_PROBE))
            throw new Error("This browser's WebAssembly has no SIMD, which the page computes with; " +
                            "take Chrome 91, Firefox 89, Safari 16.4 or later.");
        return new Engine(await createEngine());
    }

    errorText() {
        return this.text(this.error());
    }

    text(address) {
        return this.module.UTF8ToString(address);
    }

    /* Numbers where they lie: to be taken anew after each call, since memory may grow and move. */
    floats(address, n) {
        return this.module.HEAPF32.subarray(address / 4, address / 4 + n);
    }

    doubles(address, n) {
        return this.module.HEAPF64.subarray(address / 8, address / 8 + n);
    }

    /* Calls f with the addresses of texts. */
    withTexts(texts, f) {
        const addresses = texts.map(text => {
            const size = this.module.lengthBytesUTF8(text) + 1, address = this.module._malloc(size);
            this.module.stringToUTF8(text, address, size);
            return address;
        });
        try {
            return f(...addresses);
        } finally {
            addresses.forEach(address => this.module._free(address));
        }
    }

    check(isWell) {
        if (!isWell)
            throw new Error(this.errorText());
        return isWell;
    }
}

/* Runs what a page begins with; whatever goes wrong is told. */
async function start(begin) {
    window.addEventListener("error", event => tellTrouble(event.message));
    try {
        await begin(await Engine.load());
        document.body.dataset.ready = "yes";
    } catch (error) {
        tellTrouble(error.message);
        throw error;
    }
}
