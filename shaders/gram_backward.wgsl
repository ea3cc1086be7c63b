// The gradient of a Gram matrix as filters of a 1x1 convolution: dF = U F with U[j, i] = scale (dG[i, j] + dG[j, i]).
// Values past the last column are 0. One invocation per (column, row).
struct Params { channels: u32, columns: u32, scale: f32 } // columns: channels rounded up

@group(0) @binding(0) var<storage, read_write> grad: array<f32>; // [C, C]
@group(0) @binding(1) var<storage, read_write> u: array<f32>;    // [C, columns]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(16, 16, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = params.channels;
    if (id.x >= params.columns || id.y >= c) { return; }
    var value = 0.0;
    if (id.x < c) { value = params.scale * (grad[id.y * c + id.x] + grad[id.x * c + id.y]); }
    u[id.y * params.columns + id.x] = value;
}
