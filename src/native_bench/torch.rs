//! The same network in PyTorch, by `benches/torch_resnet.py`, which travels inside the command.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::Settings;
use crate::error::Error;

const SCRIPT: &str = include_str!("../../benches/torch_resnet.py");

/// Where PyTorch computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TorchDevice {
    /// On an NVIDIA graphics card.
    Cuda,
    /// On the processor, which is no peer; it shows that the comparison runs.
    Cpu,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Torch {
    /// It ran.
    Ran(TorchFigures),
    /// It is not there, and why.
    Absent(String),
}

/// What PyTorch took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TorchFigures {
    /// PyTorch's version.
    pub torch: String,
    /// CUDA's version, if there is CUDA.
    pub cuda: Option<String>,
    /// The card's name, or CPU.
    pub device: String,
    /// Weights and biases of the network.
    pub parameters: usize,
    /// Frames that are queued and then waited for.
    pub frames: usize,
    /// One for each variant.
    pub rows: Vec<TorchRow>,
}

/// One variant: where the products may run, and how pictures lie in memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TorchRow {
    /// Whether products may be rounded to TF32, 10 bits of mantissa, which runs on tensor cores.
    pub tf32: bool,
    /// `nchw` or `channels_last`.
    pub layout: String,
    /// Milliseconds of a frame when several are queued and then waited for.
    pub queued: TorchTimes,
    /// Milliseconds of one frame that is waited for.
    pub single: TorchTimes,
}

/// Milliseconds over the rounds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct TorchTimes {
    /// The median.
    pub median: f64,
    /// The least.
    pub min: f64,
}

/// What the script prints where there is nothing to run on.
#[derive(Deserialize)]
struct Head {
    torch: Option<String>,
    cuda: Option<String>,
}

/// Runs the network of these settings in the PyTorch of an interpreter.
///
/// # Errors
/// `Unexpected` if the script fails, prints what it should not, or runs another network.
pub fn torch(settings: &Settings, python: &str, device: TorchDevice) -> Result<Torch, Error> {
    let unexpected = |what: String| Error::Unexpected(format!("PyTorch in {python}: {what}"));
    let mut command = Command::new(python);
    command.arg("-");
    let numbers = [
        ("--size", settings.size),
        ("--width", settings.width),
        ("--blocks", settings.blocks),
        ("--batch", settings.batch),
        ("--rounds", settings.rounds),
    ];
    for (name, value) in numbers {
        command.args([name, &value.to_string()]);
    }
    command.args(match device {
        TorchDevice::Cuda => ["--device", "cuda"],
        TorchDevice::Cpu => ["--device", "cpu"],
    });
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Ok(Torch::Absent(format!("there is no program {python}")));
        }
        Err(e) => return Err(unexpected(e.to_string())),
    };
    if let Some(mut input) = child.stdin.take() {
        // One that ends early, as one without Python 3 does, tells why on its standard error.
        input.write_all(SCRIPT.as_bytes()).ok();
    }
    let output = child.wait_with_output();
    let output = output.map_err(|e| unexpected(e.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim().lines().last().unwrap_or("no word");
        return Err(unexpected(format!("{}, {last}", output.status)));
    }
    let line = text.trim().lines().last().unwrap_or_default();
    let wrong = |e: serde_json::Error| unexpected(format!("{e} in {line:?}"));
    let head: Head = serde_json::from_str(line).map_err(wrong)?;
    match (head.torch, head.cuda, device) {
        (None, _, _) => Ok(Torch::Absent(format!("{python} has no torch"))),
        (Some(version), None, TorchDevice::Cuda) => {
            Ok(Torch::Absent(format!("torch {version} has no CUDA here")))
        }
        _ => {
            let figures: TorchFigures = serde_json::from_str(line).map_err(wrong)?;
            let expected = settings.network().expected();
            let used = expected.iter().filter(|tensor| tensor.used);
            let parameters = used.map(|tensor| tensor.shape.iter().product::<usize>());
            let ours: usize = parameters.sum();
            if figures.parameters == ours {
                return Ok(Torch::Ran(figures));
            }
            let theirs = figures.parameters;
            Err(unexpected(format!("{theirs} parameters, not {ours}")))
        }
    }
}
