//! Batched matrix products whose reduced dimension comes first, the heart of all convolutions here.

use std::sync::atomic::{AtomicBool, Ordering};

use burn::backend::{TensorMetadata, wgpu::CubeTensor};

use super::kernel::{Wgsl, empty, grid, launch};

static GEMM: Wgsl = Wgsl {
    name: "gemm",
    source: include_str!("../../shaders/gemm.wgsl"),
    dim: (4, 1, 1),
};
static GEMM_SLIM: Wgsl = Wgsl {
    name: "gemm_slim",
    source: include_str!("../../shaders/gemm_slim.wgsl"),
    dim: (4, 1, 1),
};
static GEMM_TILED: Wgsl = Wgsl {
    name: "gemm_tiled",
    source: include_str!("../../shaders/gemm_tiled.wgsl"),
    dim: (16, 16, 1),
};
pub(super) static KERNELS: [&Wgsl; 3] = [&GEMM, &GEMM_SLIM, &GEMM_TILED];

/// What executes the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// A CPU in the guise of a GPU: workgroup memory and barriers cost more than they save.
    Software,
    /// A GPU.
    Hardware,
}

impl Adapter {
    /// By whether the adapter says that it is a fallback for a missing GPU.
    pub fn new(fallback: bool) -> Self {
        if fallback {
            Self::Software
        } else {
            Self::Hardware
        }
    }
}

static HARDWARE: AtomicBool = AtomicBool::new(false);

/// Chooses the variants of kernels for all that follows in this process; software until then. Returns the choice so far.
pub fn use_adapter(adapter: Adapter) -> Adapter {
    let was = HARDWARE.swap(adapter == Adapter::Hardware, Ordering::Relaxed);
    Adapter::new(!was)
}

pub(super) fn is_hardware() -> bool {
    HARDWARE.load(Ordering::Relaxed)
}

/// Rows of the first operand are padded to multiples of this, and those of the second from this length on.
pub(super) const TILE: usize = 16;

/// `n` rounded up to whole tiles.
pub(super) fn tiles(n: usize) -> usize {
    n.next_multiple_of(TILE)
}

/// The length of a row of the second operand that holds `n` columns.
pub(super) fn padded(n: usize) -> usize {
    n.next_multiple_of(if n < TILE { 4 } else { TILE })
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    depth: u32,
    rows: u32,
    columns: u32,
    line: u32,
    first: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct FlatParams {
    params: Params,
    fold: u32,
}

/// `M[k] = U[k]ᵀ V[k]`: `[batch, depth, line]`, `[batch, depth, columns]` -> `[batch, rows, columns]`, where the rows
/// begin at `first` of the line. Lengths are [`tiles`], that of the columns is [`padded`].
pub(super) fn gemm(
    u: &CubeTensor,
    v: &CubeTensor,
    [batch, depth, columns]: [usize; 3],
    line: usize,
    (first, rows): (usize, usize),
) -> CubeTensor {
    debug_assert!([line, first, rows].iter().all(|n| n % TILE == 0));
    debug_assert_eq!(columns, padded(columns));
    debug_assert!(u.shape().num_elements() >= batch * depth * line);
    let m = empty(u, [batch, rows, columns], u.dtype);
    let params = Params {
        depth: depth as u32,
        rows: (rows / 4) as u32,
        columns: (columns / 4) as u32,
        line: (line / 4) as u32,
        first: (first / 4) as u32,
    };
    if is_hardware() {
        let threads = (columns / 4, rows / 4, batch);
        launch(&GEMM_TILED, threads, &[u, v], &[&m], params);
    } else {
        let (kernel, across) = if columns % TILE == 0 {
            (&GEMM, columns / TILE)
        } else {
            (&GEMM_SLIM, columns / 4)
        };
        let ((x, y, _), fold) = grid(across * (rows / TILE), kernel.dim.0);
        let params = FlatParams { params, fold };
        launch(kernel, (x, y, batch), &[u, v], &[&m], params);
    }
    m
}
