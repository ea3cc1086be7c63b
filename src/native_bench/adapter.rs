//! The adapter in words and numbers.

use burn::tensor::Device;
use serde::Serialize;
use wgpu::DeviceType;

use crate::error::Error;
use crate::gpu::TASKS;
use crate::ops::Adapter;

/// Who computes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdapterFigures {
    /// The adapter's name.
    pub name: String,
    /// Discrete, integrated, virtual, CPU or other.
    pub kind: String,
    /// The driver and its version.
    pub driver: String,
    /// Vulkan, Metal, DirectX 12 or OpenGL.
    pub backend: String,
    /// Which variant of the product runs: that for software or that for hardware.
    pub variant: String,
    /// The limits in use.
    pub limits: LimitFigures,
}

/// The device's limits that matter to compute kernels.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitFigures {
    /// Bytes of a binding.
    pub storage_binding: u64,
    /// Bytes of a buffer.
    pub buffer: u64,
    /// Bytes of a workgroup's own memory.
    pub workgroup_memory: u32,
    /// Invocations of a workgroup.
    pub invocations: u32,
    /// Workgroups along one axis.
    pub workgroups: u32,
}

/// Starts the default graphics device, once per process, with as many launches per submission as in a page.
///
/// # Errors
/// `NoAdapter` if there is none, or it gives no device.
pub fn start() -> Result<(Device, Adapter, AdapterFigures), Error> {
    let started = Device::wgpu_options().tasks_max(TASKS).init_with_setup();
    let (device, setup) = started.map_err(|e| Error::NoAdapter(e.to_string()))?;
    let (info, limits) = (setup.adapter.get_info(), setup.device.limits());
    let adapter = Adapter::new(info.device_type == DeviceType::Cpu);
    let kind = match info.device_type {
        DeviceType::DiscreteGpu => "discrete GPU",
        DeviceType::IntegratedGpu => "integrated GPU",
        DeviceType::VirtualGpu => "virtual GPU",
        DeviceType::Cpu => "CPU",
        DeviceType::Other => "other",
    };
    let figures = AdapterFigures {
        name: info.name,
        kind: kind.into(),
        driver: format!("{} {}", info.driver, info.driver_info),
        backend: info.backend.to_string(),
        variant: match adapter {
            Adapter::Software => "software".into(),
            Adapter::Hardware => "hardware".into(),
        },
        limits: LimitFigures {
            storage_binding: limits.max_storage_buffer_binding_size,
            buffer: limits.max_buffer_size,
            workgroup_memory: limits.max_compute_workgroup_storage_size,
            invocations: limits.max_compute_invocations_per_workgroup,
            workgroups: limits.max_compute_workgroups_per_dimension,
        },
    };
    Ok((device, adapter, figures))
}
