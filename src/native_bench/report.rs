//! The bench in words: one Markdown table for the layers, one for the network.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::{AdapterFigures, Figures, NetworkFigures, Settings, Torch, TorchFigures};

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Who computed.
    pub adapter: AdapterFigures,
    /// What was asked for.
    pub settings: Settings,
    /// What Easel took.
    pub figures: Figures,
    /// What PyTorch took; `None` if it was not asked for.
    pub torch: Option<Torch>,
}

/// Three figures that count.
fn short(x: f64) -> String {
    match x {
        x if x >= 99.95 => format!("{x:.0}"),
        x if x >= 9.995 => format!("{x:.1}"),
        x if x >= 0.9995 => format!("{x:.2}"),
        x => format!("{x:.3}"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let (a, s, peak) = (&self.adapter, &self.settings, &self.figures.peak);
        writeln!(f, "| | |\n| --- | --- |")?;
        writeln!(f, "| adapter | {}, {} |", a.name, a.kind)?;
        writeln!(f, "| driver | {} ({}) |", a.driver.trim(), a.backend)?;
        let l = &a.limits;
        writeln!(
            f,
            "| limits | {} MiB a binding, {} KiB of workgroup memory, {} invocations a workgroup, {} workgroups |",
            l.storage_binding >> 20,
            l.workgroup_memory >> 10,
            l.invocations,
            l.workgroups
        )?;
        writeln!(f, "| variant | {} |", a.variant)?;
        writeln!(f, "| multiply-adds | {} GFLOP/s |", short(peak.gflops))?;
        let mebibytes = peak.copied >> 20;
        writeln!(
            f,
            "| copy of {mebibytes} MiB | {} GB/s |",
            short(peak.gbytes)
        )?;
        writeln!(
            f,
            "| network | {} blocks, {} wide, {} px, batch of {}; {} rounds |\n",
            s.blocks, s.width, s.size, s.batch, s.rounds
        )?;
        self.layers(f)?;
        if let Some(network) = &self.figures.network {
            self.network(network, f)?;
        }
        Ok(())
    }
}

impl Report {
    fn layers(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(
            f,
            "| convolution | of them | GFLOP | median, ms | min, ms | GFLOP/s | of the peak |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- | --- |")?;
        for layer in &self.figures.layers {
            let without = if layer.winograd {
                ""
            } else {
                ", without Winograd"
            };
            writeln!(
                f,
                "| {}{without} | {} | {} | {} | {} | {} | {} |",
                layer.name,
                layer.count,
                short(layer.gflop),
                short(layer.times.median),
                short(layer.times.min),
                short(layer.gflops),
                percent(layer.share)
            )?;
        }
        Ok(())
    }

    /// Ratios are of the median of queued frames.
    fn network(&self, n: &NetworkFigures, f: &mut Formatter) -> fmt::Result {
        writeln!(
            f,
            "\n{} million parameters, {} GFLOP a frame: {} GFLOP/s, {} of the peak.\n",
            short(n.parameters as f64 / 1e6),
            short(n.gflop),
            short(n.gflops),
            percent(n.share)
        )?;
        writeln!(
            f,
            "| network | queued frame, median, ms | min, ms | single frame, median, ms | min, ms | times Easel's |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- |")?;
        let ours = n.queued.median;
        let row = |f: &mut Formatter, name: &str, queued: [f64; 2], single: Option<[f64; 2]>| {
            let single = single.map_or([String::new(), String::new()], |both| both.map(short));
            writeln!(
                f,
                "| {name} | {} | {} | {} | {} | {} |",
                short(queued[0]),
                short(queued[1]),
                single[0],
                single[1],
                short(queued[0] / ours)
            )
        };
        let both = |times: &super::Times| [times.median, times.min];
        row(f, "Easel", both(&n.queued), Some(both(&n.single)))?;
        if let Some(half) = &n.half {
            row(f, "Easel, f16", both(half), None)?;
        }
        if let Some(burn) = &n.burn {
            row(f, "stock Burn", both(burn), None)?;
        }
        match &self.torch {
            Some(Torch::Ran(t)) => {
                for line in &t.rows {
                    let tf32 = if line.tf32 { "on" } else { "off" };
                    let name = format!("PyTorch, TF32 {tf32}, {}", line.layout);
                    let of = |times: &super::torch::TorchTimes| [times.median, times.min];
                    row(f, &name, of(&line.queued), Some(of(&line.single)))?;
                }
                let TorchFigures {
                    torch,
                    cuda,
                    device,
                    ..
                } = t;
                let cuda = cuda
                    .as_ref()
                    .map_or(String::new(), |v| format!(", CUDA {v}"));
                writeln!(f, "\nPyTorch {torch}{cuda}, eager, on: {device}.")
            }
            Some(Torch::Absent(why)) => writeln!(f, "\nPyTorch did not run: {why}."),
            None => Ok(()),
        }
    }
}
