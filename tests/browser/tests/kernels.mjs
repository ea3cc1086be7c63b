/** Every kernel on the browser's own GPU, as a user would check it. */

export const tests = [
  {
    name: "every kernel agrees with its reference and with finite differences, on odd sizes",
    // Some 60 pipelines are compiled first.
    patience: 600_000,
    async run(t) {
      const page = await t.page();
      const { checks, features } = await page.evaluate(async () => {
        const easel = await globalThis.easel;
        return { checks: await easel.selfTest(), features: easel.adapter?.features ?? [] };
      });
      t.assert(checks.length > 50, `only ${checks.length} checks ran`);
      const wrong = checks.filter(({ passed }) => !passed);
      t.equal(wrong, [], "the checks that failed");
      const halves = checks.filter(({ name }) => name.includes("f16"));
      // Firefox's adapter has it on every machine that these tests run on: without, nothing would check these variants.
      if (t.kind === "firefox") t.assert(features.includes("shader-f16"), "Firefox's adapter cannot store f16");
      t.equal(halves.length > 30, features.includes("shader-f16"), "whether the variants that store f16 were checked");
      const worst = Math.max(...checks.filter(({ name }) => name.includes("gradient")).map(({ worst }) => worst));
      t.said = `${checks.length} checks, ${halves.length} of them of f16, gradients at most ${worst.toExponential(1)} off`;
    },
  },
];
