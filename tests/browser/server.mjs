/**
 * Serves the built site on loopback with the headers of `cargo xtask serve` (xtask/src/serve.rs).
 *
 * Each test gets the site in a folder of its own, in which it can change files: that is how a worker without a GPU or
 * a damaged download is made. Every address also shows that the site works from a sub-path.
 */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";

const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
};

/** The policy of the page, and what only a header can hold. @param {string} page */
function policy(page) {
  const meta = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page);
  if (!meta) throw new Error("index.html has no Content-Security-Policy");
  return `${meta[1]}; frame-ancestors 'none'`;
}

export class SiteServer {
  #site;
  #server;
  #headers = {};
  /** Changes by folder: path in the site to what becomes of its bytes; null is not found. @type {Map<string, Record<string, (bytes: Buffer) => Buffer | null>>} */
  #folders = new Map();
  /** Files beside the site, by whole path. @type {Map<string, () => Promise<Buffer> | Buffer>} */
  #beside = new Map();

  /** Paths in the site, as they are asked for. @type {string[]} */
  requests = [];

  /** @param {string} site folder of the built site */
  constructor(site) {
    this.#site = site;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => {
        response.writeHead(500).end(String(error));
      });
    });
  }

  async start() {
    const page = await readFile(join(this.#site, "index.html"), "utf8");
    this.#headers = {
      "content-security-policy": policy(page),
      "permissions-policy": "camera=(self)",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-cache",
    };
    await new Promise((done) => this.#server.listen(0, "127.0.0.1", () => done(undefined)));
  }

  get port() {
    return /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The site in a new folder; its path. @param {Record<string, (bytes: Buffer) => Buffer | null>} changes */
  folder(changes) {
    const name = `site-${this.#folders.size + 1}`;
    this.#folders.set(name, changes);
    return `/${name}/`;
  }

  /** A file that tests fetch. @param {string} path @param {() => Promise<Buffer> | Buffer} bytes */
  beside(path, bytes) {
    this.#beside.set(path, bytes);
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #answer(request, response) {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname);
    const made = this.#beside.get(path);
    if (made) {
      response.writeHead(200, { ...this.#headers, "content-type": "application/octet-stream" });
      response.end(await made());
      return;
    }
    const [, folder = "", rest = ""] = /^\/([^/]+)\/(.*)$/.exec(path) ?? [];
    const changes = this.#folders.get(folder);
    const file = normalize(rest || "index.html");
    if (changes) this.requests.push(file);
    const change = changes?.[file];
    const compressed = !change && /\bbr\b/.test(String(request.headers["accept-encoding"] ?? ""));
    const bytes = changes && !file.startsWith("..") ? await this.#read(file, compressed) : null;
    const changed = bytes && change ? change(bytes.content) : bytes?.content;
    if (!bytes || !changed) {
      response.writeHead(404, this.#headers).end();
      return;
    }
    const type = TYPES[/** @type {keyof TYPES} */ (file.split(".").pop() ?? "")] ?? "application/octet-stream";
    response.writeHead(200, {
      ...this.#headers,
      "content-type": type,
      "content-length": changed.length,
      ...(bytes.compressed ? { "content-encoding": "br" } : {}),
    });
    response.end(changed);
  }

  /** @param {string} file @param {boolean} compressed where there is a compressed one */
  async #read(file, compressed) {
    for (const [ending, isCompressed] of /** @type {[string, boolean][]} */ (compressed ? [[".br", true], ["", false]] : [["", false]])) {
      const content = await readFile(join(this.#site, file + ending)).catch(() => null);
      if (content) return { content, compressed: isCompressed };
    }
    return null;
  }
}
