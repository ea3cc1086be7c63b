// @ts-check
/** The settings as a form: one row per field, in step with {@link Settings}. */
import { button, element, make } from "../dom.js";
import { bytes, known, number, t } from "../i18n.js";
import { LAYERS, LIVE, MAIN, MORE, RATES, SLIDER, fromSlider, toSlider } from "./fields.js";

/** @typedef {import("../settings.js").Settings} Settings */
/** @typedef {import("./fields.js").NumberField} NumberField */
/** @typedef {import("./fields.js").ChoiceField} ChoiceField */
/** @typedef {import("./fields.js").Field} Field */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("../easel.js").ModelInfo} ModelInfo */

/** The catalogue's entry of a field; that each is there is a matter of the catalogues' test. @param {string} key @returns {Key} */
function key(key) {
  if (!known(key)) throw new Error(`no text for ${key}`);
  return key;
}

export class Controls {
  #settings;
  /** @type {(() => void)[]} Each shows the settings in one row. */
  #show = [];
  #layers = LAYERS;
  #layerRows = make("div", { class: "layers" });
  #contentLayer = make("select", { id: "f-contentLayer", "aria-describedby": "h-contentLayer" });
  #network = make("select", { id: "f-network", "aria-describedby": "h-network" });
  /** @type {ModelInfo[]} */
  #models = [];
  /** @type {File | null} A network of the visitor's own. */
  network = null;
  /** @type {import("./pictures.js").Picture | null} A picture to start from. */
  start = null;
  #startFile;

  /** @param {Settings} settings @param {{ onStartPicture: (files: FileList) => void, onNetwork: (file: File) => void }} takers */
  constructor(settings, takers) {
    this.#settings = settings;
    const main = element("main-fields");
    for (const field of MAIN) main.append(this.#row(field));
    const more = element("more-fields");
    this.#startFile = make("p", { class: "hint" });
    for (const { title, fields } of MORE) {
      const group = make("div", { class: "group", role: "group", "aria-labelledby": `g-${title}` }, make("h3", { text: title, id: `g-${title}` }));
      for (const field of fields) {
        group.append(this.#row(field));
        if (field.key === "init") group.append(this.#startPicture(takers.onStartPicture));
      }
      if (title === "group.features") group.append(this.#contentLayerRow(), this.#layersRow(), this.#networkRow(takers.onNetwork));
      more.append(group);
    }
    button("reset").addEventListener("click", () => {
      this.network = null;
      this.start = null;
      settings.replace({});
    });
    settings.addEventListener("change", () => this.show());
    document.addEventListener("languagechange", () => this.show());
  }

  /** @param {ModelInfo[]} models */
  setModels(models) {
    this.#models = models.filter(({ job }) => job === "gatys");
    this.show();
  }

  /** A run has told its layers. @param {string[]} names */
  setLayers(names) {
    if (names.join() === this.#layers.join()) return;
    this.#layers = names;
    this.show();
  }

  /** Show the settings as they are. */
  show() {
    if (!this.#settings.known) return;
    for (const id of ["main-fields", "more-fields"]) /** @type {HTMLFieldSetElement} */ (element(id)).disabled = false;
    for (const show of this.#show) show();
    this.#showLayers();
    this.#showNetwork();
    const main = new Set(/** @type {string[]} */ (MAIN.map((field) => field.key)));
    const changed = Object.keys(this.#settings.changed).filter((name) => !main.has(name)).length;
    element("changed").textContent = changed ? t("advanced.changed", { n: changed }) : "";
  }

  /** @param {Field} field */
  #row(field) {
    return field.kind === "choice" ? this.#choice(field) : this.#number(field);
  }

  /** @param {string} name @param {...Node} parts */
  #field(name, ...parts) {
    const label = make("label", { for: `f-${name}`, text: key(`field.${name}`) });
    const head = make("div", { class: "field-name" }, label);
    if (/** @type {readonly string[]} */ (LIVE).includes(name)) {
      head.append(make("span", { class: "live-mark", text: "live" }));
    }
    const hint = make("p", { class: "hint", id: `h-${name}`, text: key(`field.${name}.hint`) });
    return make("div", { class: "field" }, head, ...parts, hint);
  }

  /** @param {NumberField} field */
  #number(field) {
    const { key: name, min, max, step, slider, presets } = field;
    const typed = make("input", {
      type: "number", id: `f-${name}`, min, max, step: step >= 1 ? step : "any", inputmode: "decimal", "aria-describedby": `h-${name}`,
      onchange: () => {
        const value = typed.valueAsNumber;
        if (Number.isFinite(value)) this.#settings.set(name, Math.min(max, Math.max(min, step >= 1 ? Math.round(value) : value)));
        this.show();
      },
    });
    const parts = [typed];
    if (slider) {
      const range = make("input", {
        type: "range", min: 0, max: SLIDER, label: key(`field.${name}`), "aria-describedby": `h-${name}`,
        oninput: () => this.#settings.set(name, fromSlider(field, range.valueAsNumber)),
      });
      parts.push(range);
      this.#show.push(() => {
        const value = this.#settings.get(name);
        // While a hand is on it the slider leads: rounding must not push it about.
        if (fromSlider(field, range.valueAsNumber) !== value) range.value = String(toSlider(field, value));
        range.setAttribute("aria-valuetext", number(value));
      });
    }
    this.#show.push(() => {
      if (document.activeElement !== typed || typed.valueAsNumber !== this.#settings.get(name)) {
        typed.value = String(this.#settings.get(name));
      }
    });
    const row = this.#field(name, ...parts);
    if (presets) {
      const group = make("div", { class: "segmented presets", role: "group", label: key(`field.${name}`) });
      for (const value of presets) {
        const preset = make("button", { type: "button", onclick: () => this.#settings.set(name, value) }, String(value));
        group.append(preset);
        this.#show.push(() => {
          preset.textContent = name === "coarsest" && value === 0 ? t("off") : String(value);
          preset.setAttribute("aria-pressed", String(this.#settings.get(name) === value));
        });
      }
      row.insertBefore(group, row.lastElementChild);
    }
    return row;
  }

  /** @param {ChoiceField} field */
  #choice({ key: name, options }) {
    const select = make("select", {
      id: `f-${name}`, "aria-describedby": `h-${name}`,
      onchange: () => {
        this.#settings.set(name, /** @type {never} */ (select.value));
        // The unit of the rate changes with who uses it.
        const rate = RATES[select.value];
        if (name === "optimizer" && rate) this.#settings.set("learningRate", rate);
      },
    });
    for (const value of options) select.append(make("option", { value, text: key(`option.${name}.${value}`) }));
    this.#show.push(() => (select.value = this.#settings.get(name)));
    return this.#field(name, select);
  }

  /** The picture for `init: "picture"`. @param {(files: FileList) => void} take */
  #startPicture(take) {
    const file = make("input", {
      class: "unseen", type: "file", accept: "image/*",
      onchange: () => {
        if (file.files?.length) take(file.files);
        file.value = "";
      },
    });
    const row = make("div", { class: "sub" }, make("label", { class: "plain" }, file, make("span", { text: "start.choose" })), this.#startFile);
    this.#show.push(() => {
      row.hidden = this.#settings.get("init") !== "picture";
      this.#startFile.textContent = this.start ? this.start.name : t("start.none");
    });
    return row;
  }

  #contentLayerRow() {
    const select = this.#contentLayer;
    select.addEventListener("change", () => this.#settings.set("contentLayer", select.value));
    return this.#field("contentLayer", select);
  }

  #layersRow() {
    const own = make("button", { type: "button", class: "plain", text: "layers.own", onclick: () => this.#settings.set("styleLayers", {}) });
    this.#show.push(() => (own.hidden = Object.keys(this.#settings.get("styleLayers")).length === 0));
    return make(
      "div", { class: "field", role: "group", "aria-labelledby": "l-layers", "aria-describedby": "h-layers" },
      make("div", { class: "field-name" }, make("span", { id: "l-layers", class: "label", text: "field.styleLayers" })),
      own, this.#layerRows, make("p", { class: "hint", id: "h-layers", text: "field.styleLayers.hint" }),
    );
  }

  #showLayers() {
    const weights = this.#settings.get("styleLayers");
    const names = [...new Set([...this.#layers, ...Object.keys(weights)])];
    const rows = this.#layerRows;
    if (rows.dataset.names !== names.join()) {
      rows.dataset.names = names.join();
      rows.replaceChildren(
        ...names.map((name) => {
          const range = make("input", {
            type: "range", min: 0, max: 4, step: 0.05, "data-layer": name,
            // One weight of its own means that all are said, so that a link means the same with any network.
            oninput: () => {
              const said = this.#settings.get("styleLayers");
              const all = Object.fromEntries(names.map((layer) => [layer, said[layer] ?? 1]));
              this.#settings.set("styleLayers", { ...all, [name]: range.valueAsNumber });
            },
          });
          return make("label", { class: "slim" }, make("code", {}, name), range, make("output"));
        }),
      );
    }
    for (const range of rows.querySelectorAll("input")) {
      const value = weights[range.dataset.layer ?? ""];
      if (range.valueAsNumber !== (value ?? 1)) range.value = String(value ?? 1);
      const output = range.nextElementSibling;
      if (output) output.textContent = value === undefined ? t("auto") : number(value);
    }
    const layer = this.#settings.get("contentLayer");
    const options = [...new Set(["", ...names, layer])];
    this.#contentLayer.replaceChildren(
      ...options.map((name) => (name === "" ? make("option", { value: "", text: "auto" }) : make("option", { value: name }, name))),
    );
    this.#contentLayer.value = layer;
  }

  /** @param {(file: File) => void} take */
  #networkRow(take) {
    const select = this.#network;
    select.addEventListener("change", () => this.#settings.set("network", select.value));
    const file = make("input", {
      class: "unseen", type: "file", accept: ".safetensors", label: "network.choose",
      onchange: () => {
        if (file.files?.[0]) take(file.files[0]);
        file.value = "";
      },
    });
    return this.#field("network", select, make("label", { class: "plain" }, file, make("span", { text: "network.choose" })));
  }

  #showNetwork() {
    const id = this.#settings.get("network");
    const ids = [...new Set([...this.#models.map((model) => model.id), ...(id === "custom" ? [] : [id])])];
    const options = ids.map((name) => {
      const model = this.#models.find((entry) => entry.id === name);
      return make("option", { value: name }, model ? `${name} (${bytes(model.bytes)})` : name);
    });
    if (this.network || id === "custom") {
      options.push(make("option", { value: "custom" }, this.network?.name ?? t("network.missing")));
    }
    this.#network.replaceChildren(...options);
    this.#network.value = id;
  }
}
