//! Starting Burn's WebGPU device with the adapter's own limits.

use burn::backend::wgpu::WgpuSetup;
use burn::tensor::Device;

use crate::error::Error;
use crate::protocol::AdapterInfo;

/// Launches recorded before they are submitted together: enough to amortise a submission, few enough
/// that none takes long on a slow adapter.
pub const TASKS: usize = 64;

/// What our kernels need, by WebGPU's names. Each is the specification's own minimum, so that only
/// adapters in compatibility mode fall below.
const NEEDED: [(&str, u64); 4] = [
    ("maxStorageBufferBindingSize", 128 << 20),
    ("maxStorageBuffersPerShaderStage", 8),
    ("maxComputeInvocationsPerWorkgroup", 256),
    ("maxComputeWorkgroupsPerDimension", 65_535),
];

/// A running device.
#[derive(Debug)]
pub struct Gpu {
    /// Where tensors live.
    pub device: Device,
    /// The handles Burn itself uses, for presenting.
    pub setup: WgpuSetup,
    /// Adapter and limits.
    pub info: AdapterInfo,
}

/// Holds an adapter against what the kernels need.
///
/// # Errors
/// `Limits`, for the first limit that is too low.
pub fn check_limits(info: &AdapterInfo) -> Result<(), Error> {
    for (name, needed) in NEEDED {
        let value = info.limits.get(name).copied().unwrap_or(0.0) as u64;
        if value < needed {
            return Err(Error::Limits {
                name,
                value,
                needed,
            });
        }
    }
    Ok(())
}

/// Starts the device on the adapter that `info` describes. Once per process (in a page: per worker).
///
/// # Errors
/// `Limits` if the adapter offers too little, `NoAdapter` if it gives no device.
pub async fn start(info: AdapterInfo) -> Result<Gpu, Error> {
    check_limits(&info)?;
    let options = Device::wgpu_options().tasks_max(TASKS);
    let started = options.init_with_setup_async().await;
    let (device, setup) = started.map_err(|e| Error::NoAdapter(e.to_string()))?;
    Ok(Gpu {
        device,
        setup,
        info,
    })
}
