// The end of a weight gradient: the sum of its partial products, cropped. w[o, r] = scale times the sum over s of M[s, o, r].
// One invocation per (r, o).
struct Params { segments: u32, outputs: u32, taps: u32, rows: u32, columns: u32, scale: f32 }

@group(0) @binding(0) var<storage, read_write> m: array<f32>;      // [segments, rows, columns]
@group(0) @binding(1) var<storage, read_write> weight: array<f32>; // [outputs, taps]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.taps) { return; }
    var sum = 0.0;
    var at = id.y * params.columns + id.x;
    for (var s = 0u; s < params.segments; s += 1u) {
        sum += m[at];
        at += params.rows * params.columns;
    }
    weight[id.y * params.taps + id.x] = params.scale * sum;
}
