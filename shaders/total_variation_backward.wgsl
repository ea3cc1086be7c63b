// d tv / d x[i,j] = 2 w_x (2 x[i,j] - x[i,j-1] - x[i,j+1]) + 2 w_y (2 x[i,j] - x[i-1,j] - x[i+1,j]), where terms
// with a neighbour outside fall away; times the incoming gradient. One invocation per value: id.x + id.y * row.
struct Params { width: u32, height: u32, values: u32, row: u32, weight_x: f32, weight_y: f32 }

@group(0) @binding(0) var<storage, read_write> image: array<f32>;      // [B*C, H, W]
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;       // [1]
@group(0) @binding(2) var<storage, read_write> grad_image: array<f32>; // [B*C, H, W]
@group(0) @binding(3) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let k = id.x + id.y * params.row;
    if (k >= params.values) { return; }
    let w = params.width;
    let x = k % w;
    let y = (k / w) % params.height;
    let here = image[k];
    var dx = 0.0;
    var dy = 0.0;
    if (x > 0u) { dx += here - image[k - 1u]; }
    if (x + 1u < w) { dx += here - image[k + 1u]; }
    if (y > 0u) { dy += here - image[k - w]; }
    if (y + 1u < params.height) { dy += here - image[k + w]; }
    grad_image[k] = 2.0 * (params.weight_x * dx + params.weight_y * dy) * grad[0];
}
