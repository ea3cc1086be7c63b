//! Batched matrix products whose reduced dimension comes first, the heart of all convolutions here.

use std::sync::atomic::{AtomicBool, Ordering};

use burn::backend::{TensorMetadata, wgpu::CubeTensor};

use super::kernel::{Wgsl, empty, launch};

static GEMM: Wgsl = Wgsl {
    name: "gemm",
    source: include_str!("../../shaders/gemm.wgsl"),
    dim: (4, 1, 1),
};
static GEMM_TILED: Wgsl = Wgsl {
    name: "gemm_tiled",
    source: include_str!("../../shaders/gemm_tiled.wgsl"),
    dim: (16, 16, 1),
};
pub(super) static KERNELS: [&Wgsl; 2] = [&GEMM, &GEMM_TILED];

/// What executes the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// A CPU in the guise of a GPU: workgroup memory and barriers cost more than they save.
    Software,
    /// A GPU.
    Hardware,
}

static HARDWARE: AtomicBool = AtomicBool::new(false);

/// Chooses the variants of kernels for all that follows in this process; software until then.
pub fn use_adapter(adapter: Adapter) {
    HARDWARE.store(adapter == Adapter::Hardware, Ordering::Relaxed);
}

/// Rows and columns of the operands are padded to multiples of this.
pub(super) const TILE: usize = 16;

/// `n` rounded up to whole tiles.
pub(super) fn tiles(n: usize) -> usize {
    n.next_multiple_of(TILE)
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

/// `M[k] = U[k]ᵀ V[k]`: `[batch, depth, line]`, `[batch, depth, columns]` -> `[batch, rows, columns]`, where the rows
/// begin at `first` of the line. All lengths but batch and depth are multiples of [`TILE`].
pub(super) fn gemm(
    u: &CubeTensor,
    v: &CubeTensor,
    [batch, depth, columns]: [usize; 3],
    line: usize,
    (first, rows): (usize, usize),
) -> CubeTensor {
    debug_assert!([columns, line, first, rows].iter().all(|n| n % TILE == 0));
    debug_assert!(u.shape().num_elements() >= batch * depth * line);
    let m = empty(u, [batch, rows, columns], u.dtype);
    let params = Params {
        depth: depth as u32,
        rows: (rows / 4) as u32,
        columns: (columns / 4) as u32,
        line: (line / 4) as u32,
        first: (first / 4) as u32,
    };
    if HARDWARE.load(Ordering::Relaxed) {
        let threads = (columns / 4, rows / 4, batch);
        launch(&GEMM_TILED, threads, &[u, v], &[&m], params);
    } else {
        let threads = (columns / TILE, rows / TILE, batch);
        launch(&GEMM, threads, &[u, v], &[&m], params);
    }
    m
}
