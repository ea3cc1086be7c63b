//! Launching a hand-written WGSL kernel on Burn's CubeCL backend.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use burn::backend::wgpu::{CubeTensor, KernelSource, SourceKernel, SourceTemplate};
use burn::cubecl::{
    CubeCount, CubeDim,
    ir::attributes::BufferIOAttr,
    prelude::KernelId,
    server::{Handle, KernelArguments},
};
use burn::tensor::{DType, Shape};

/// A WGSL file whose entry point is `main`; `dim` repeats its `@workgroup_size`
/// (`tests/shaders.rs` holds the two together).
#[derive(Debug)]
pub struct Wgsl {
    /// Stem of the file, unique.
    pub name: &'static str,
    /// The whole text. With a line [`VALUE`] it has a half variant, which begins with `enable f16;`.
    pub source: &'static str,
    /// Invocations of a workgroup.
    pub dim: (u32, u32, u32),
}

/// What a shader with a half variant calls the numbers of pictures and filters in buffers. It computes in f32 and says
/// so at every reading and writing; statistics, biases and gains are f32 in both variants.
const VALUE: &str = "alias Value = f32;";

impl Wgsl {
    /// The text of the variant whose pictures and filters are f16; none if it has no such variant.
    #[must_use]
    pub fn half(&self) -> Option<String> {
        let (before, after) = self.source.split_once(VALUE)?;
        Some(format!("enable f16;\n{before}alias Value = f16;{after}"))
    }
}

/// WebGPU's default limit of workgroups along one axis; longer grids are folded into the next.
const MAX_GROUPS: u32 = 65_535;

#[derive(Debug)]
struct Source {
    kernel: &'static Wgsl,
    half: bool,
}

impl KernelSource for Source {
    fn source(&self) -> SourceTemplate {
        match self.half.then(|| self.kernel.half()).flatten() {
            Some(text) => SourceTemplate::new(text),
            None => SourceTemplate::new(self.kernel.source),
        }
    }
    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info((self.kernel.name, self.half))
    }
    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// Allocate a contiguous output next to `like`. Its contents are undefined.
pub fn empty(like: &CubeTensor, shape: impl Into<Shape>, dtype: DType) -> CubeTensor {
    let shape = shape.into();
    // A binding is whole words.
    let bytes = (shape.num_elements() * dtype.size()).next_multiple_of(4);
    let handle = like.client.empty(bytes);
    CubeTensor::new_contiguous(
        like.client.clone(),
        like.device.clone(),
        shape,
        handle,
        dtype,
    )
}

/// The tensor, or in its place one of its own that means nothing: a browser refuses to bind one buffer twice.
pub fn or_nothing(x: Option<&CubeTensor>, like: &CubeTensor) -> CubeTensor {
    x.map_or_else(|| empty(like, [1], DType::F32), Clone::clone)
}

/// Workgroups that cover `threads` invocations.
///
/// # Panics
/// If an axis needs more than 65,535 workgroups: fold such a grid with [`grid`] first.
fn groups(threads: (usize, usize, usize), dim: (u32, u32, u32)) -> CubeCount {
    let count = |n: usize, d: u32| {
        let groups = (n as u32).div_ceil(d).max(1);
        assert!(
            groups <= MAX_GROUPS,
            "{groups} workgroups on one axis; WebGPU allows {MAX_GROUPS}"
        );
        groups
    };
    CubeCount::Static(
        count(threads.0, dim.0),
        count(threads.1, dim.1),
        count(threads.2, dim.2),
    )
}

/// Folds `n` invocations of a one-dimensional kernel with workgroups of `width` into two axes.
///
/// Returns the threads to launch and the row length that the kernel needs: its index is
/// `id.x + id.y * row`.
pub fn grid(n: usize, width: u32) -> ((usize, usize, usize), u32) {
    let row = (MAX_GROUPS * width) as usize;
    if n <= row {
        ((n, 1, 1), row as u32)
    } else {
        ((row, n.div_ceil(row), 1), row as u32)
    }
}

thread_local! {
    static LAUNCHED: Cell<u64> = const { Cell::new(0) };
    /// Parameters on the GPU, by device (its hash) and content.
    static UPLOADED: RefCell<HashMap<(u64, Vec<u8>), Handle>> = RefCell::default();
}
/// Launches of our kernels by this thread so far; those of Burn's do not count.
pub fn launched() -> u64 {
    LAUNCHED.get()
}

/// How many are kept. A training step of the largest network here has about five hundred.
const KEPT: usize = 4096;

/// A buffer with these bytes. Most launches repeat those of the step before; every new upload makes Burn submit what it
/// has recorded so far.
fn uploaded(like: &CubeTensor, bytes: &[u8]) -> Handle {
    UPLOADED.with_borrow_mut(|all| {
        if all.len() >= KEPT {
            all.clear();
        }
        let mut device = DefaultHasher::new();
        like.handle.service.hash(&mut device);
        let key = (device.finish(), bytes.to_vec());
        let upload = || like.client.create_from_slice(bytes);
        all.entry(key).or_insert_with(upload).clone()
    })
}

/// Bind `inputs`, then `outputs`, then `params` (plain old data), and cover `threads` invocations.
///
/// No buffer may be bound twice: a browser refuses it. Every binding must be used by the kernel, and be declared `read_write` (natively, inputs and
/// outputs may share a page). Inputs are declared read-only to Burn, so that a kernel that fails to
/// compile spoils only its outputs. With an f16 tensor among them it is the half variant.
///
/// # Panics
/// With an f16 tensor, if the kernel has no half variant.
pub fn launch<P: bytemuck::NoUninit>(
    kernel: &'static Wgsl,
    threads: (usize, usize, usize),
    inputs: &[&CubeTensor],
    outputs: &[&CubeTensor],
    params: P,
) {
    if cfg!(debug_assertions) {
        let bound = inputs.iter().chain(outputs);
        let mut places: Vec<_> = bound.map(|t| format!("{:?}", t.handle)).collect();
        places.sort();
        places.dedup();
        let all = inputs.len() + outputs.len();
        assert_eq!(places.len(), all, "{} binds a buffer twice", kernel.name);
    }
    let half = inputs.iter().chain(outputs).any(|t| t.dtype == DType::F16);
    let known = !half || kernel.source.contains(VALUE);
    assert!(known, "{} computes in f32 alone", kernel.name);
    LAUNCHED.set(LAUNCHED.get() + 1);
    let client = &outputs[0].client;
    let (x, y, z) = kernel.dim;
    let params = uploaded(outputs[0], bytemuck::bytes_of(&params));
    let mut arguments = KernelArguments::new();
    for tensor in inputs {
        let binding = tensor.handle.clone().binding();
        arguments = arguments.with_buffer_io(binding, BufferIOAttr::ReadOnly);
    }
    for tensor in outputs {
        let binding = tensor.handle.clone().binding();
        arguments = arguments.with_buffer_io(binding, BufferIOAttr::WriteOnly);
    }
    let arguments = arguments.with_buffer_io(params.binding(), BufferIOAttr::ReadOnly);
    client.launch(
        Box::new(SourceKernel::new(
            Source { kernel, half },
            CubeDim::new_3d(x, y, z),
        )),
        groups(threads, kernel.dim),
        arguments,
    );
}
