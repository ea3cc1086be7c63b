/** Every kernel on the browser's own GPU, as a user would check it. */

export const tests = [
  {
    name: "every kernel agrees with its reference and with finite differences, on odd sizes",
    // Some 60 pipelines are compiled first.
    patience: 600_000,
    async run(t) {
      const page = await t.page();
      const checks = await page.evaluate(async () => (await globalThis.easel).selfTest());
      t.assert(checks.length > 50, `only ${checks.length} checks ran`);
      const wrong = checks.filter(({ passed }) => !passed);
      t.equal(wrong, [], "the checks that failed");
      const worst = Math.max(...checks.filter(({ name }) => name.includes("gradient")).map(({ worst }) => worst));
      t.said = `${checks.length} checks, gradients at most ${worst.toExponential(1)} off`;
    },
  },
];
