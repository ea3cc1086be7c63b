// Partial sums of w_x (x[i,j+1]-x[i,j])^2 + w_y (x[i+1,j]-x[i,j])^2, where w_x and w_y are one over the
// number of such pairs. `count` invocations, each takes every count-th value of [B*C, H, W].
struct Params { width: u32, height: u32, values: u32, count: u32, weight_x: f32, weight_y: f32 }

@group(0) @binding(0) var<storage, read_write> image: array<f32>;   // [B*C, H, W]
@group(0) @binding(1) var<storage, read_write> partial: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.count) { return; }
    let w = params.width;
    let h = params.height;
    var sum = 0.0;
    for (var k = id.x; k < params.values; k += params.count) {
        let here = image[k];
        if (k % w + 1u < w) {
            let d = image[k + 1u] - here;
            sum += params.weight_x * d * d;
        }
        if ((k / w) % h + 1u < h) {
            let d = image[k + w] - here;
            sum += params.weight_y * d * d;
        }
    }
    partial[id.x] = sum;
}
