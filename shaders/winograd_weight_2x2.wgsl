// winograd_weight for F(2x2, 3x3): U[k] = (G g Gᵀ)[k], k = 0..16 (Lavin and Gray 2016).
// With flip, filters are turned by 180 degrees and inputs and outputs change places: the input gradient.
// One invocation per (output channel, input channel).
struct Params { inputs: u32, outputs: u32, row: u32, flip: u32 }

@group(0) @binding(0) var<storage, read_write> weight: array<f32>; // [O, I, 3, 3], with flip [I, O, 3, 3]
@group(0) @binding(1) var<storage, read_write> u: array<f32>;      // [16, I, row], row = O rounded up
@group(0) @binding(2) var<storage, read_write> params: Params;

fn spread(a: f32, b: f32, c: f32) -> array<f32, 4> {
    let s = 0.5 * (a + c);
    return array(a, s + 0.5 * b, s - 0.5 * b, c);
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let o = id.x;
    let i = id.y;
    if (o >= params.outputs) { return; }
    var g: array<f32, 9>;
    if (params.flip == 1u) {
        let base = (i * params.outputs + o) * 9u;
        for (var n = 0u; n < 9u; n += 1u) { g[n] = weight[base + 8u - n]; }
    } else {
        let base = (o * params.inputs + i) * 9u;
        for (var n = 0u; n < 9u; n += 1u) { g[n] = weight[base + n]; }
    }
    let left = spread(g[0], g[3], g[6]);
    let middle = spread(g[1], g[4], g[7]);
    let right = spread(g[2], g[5], g[8]);
    let step = params.inputs * params.row;
    var at = i * params.row + o;
    for (var n = 0u; n < 4u; n += 1u) {
        let line = spread(left[n], middle[n], right[n]);
        for (var m = 0u; m < 4u; m += 1u) {
            u[at] = line[m];
            at += step;
        }
    }
}
