//! What several tests share: the device, goldens, comparison.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::path::{Path, PathBuf};

use burn::tensor::{Device, DeviceKind, Tensor, TensorData};
use safetensors::SafeTensors;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The GPU, or lavapipe in its place. No adapter is a failure, never a skip.
pub fn gpu() -> Device {
    let instance = wgpu::Instance::default();
    let options = wgpu::RequestAdapterOptions::default();
    let adapter = pollster::block_on(instance.request_adapter(&options));
    assert!(
        adapter.is_ok(),
        "no graphics adapter: install a Vulkan driver, for instance with `apt-get install mesa-vulkan-drivers libvulkan1`"
    );
    Device::wgpu(DeviceKind::DefaultDevice)
}

/// A file of `tests/goldens/`, made by its `generate.py`.
pub struct Goldens(Vec<u8>);

impl Goldens {
    pub fn read(name: &str) -> Self {
        let path = root().join("tests/goldens").join(name);
        Self(std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn data(&self, name: &str) -> TensorData {
        let file = SafeTensors::deserialize(&self.0).expect("a safetensors file");
        let view = file.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        let values: Vec<f32> = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        TensorData::new(values, view.shape().to_vec())
    }

    pub fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        Tensor::from_data(self.data(name), device)
    }

    pub fn names(&self) -> Vec<String> {
        let file = SafeTensors::deserialize(&self.0).expect("a safetensors file");
        file.names().into_iter().map(ToString::to_string).collect()
    }

    pub fn values(&self, name: &str) -> Vec<f32> {
        self.data(name).iter::<f32>().collect()
    }
}

pub fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().iter::<f32>().collect()
}

/// The largest difference, relative to the largest true value.
pub fn miss(ours: &[f32], truth: &[f32]) -> f32 {
    assert_eq!(ours.len(), truth.len(), "lengths differ");
    let unit = truth.iter().fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let mut worst = 0.0_f32;
    for (a, b) in ours.iter().zip(truth) {
        let miss = (a - b).abs() / unit;
        assert!(!miss.is_nan(), "not a number: {a} for {b}");
        worst = worst.max(miss);
    }
    worst
}

pub fn assert_close(what: &str, ours: &[f32], truth: &[f32], tolerance: f32) {
    let miss = miss(ours, truth);
    assert!(
        miss <= tolerance,
        "{what}: off by {miss:e} of the largest value, {tolerance:e} is allowed"
    );
}

/// `../shared`, where it exists; otherwise notes the skip by name.
pub fn shared(test: &str, file: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(file);
    if path.exists() {
        return Some(path);
    }
    let reason = format!("{test}: ../shared/{file} is absent\n");
    if let Ok(list) = std::env::var("EASEL_SKIPPED") {
        use std::io::Write;
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(list);
        let written = file.and_then(|mut file| file.write_all(reason.as_bytes()));
        written.expect("the list of skipped tests can be written");
    }
    eprint!("skipped: {reason}");
    None
}
