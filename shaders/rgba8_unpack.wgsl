// Packed RGBA8 -> three planes in 0..1: image[c, p] = ((packed[p] >> 8c) & 255) / 255. Alpha is left behind.
// One invocation per pixel: id.x + id.y * row.
struct Params { pixels: u32, row: u32 }

@group(0) @binding(0) var<storage, read_write> packed: array<u32>; // [H, W]
@group(0) @binding(1) var<storage, read_write> image: array<f32>;  // [1, 3, H, W]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let p = id.x + id.y * params.row;
    let n = params.pixels;
    if (p >= n) { return; }
    let color = unpack4x8unorm(packed[p]);
    image[p] = color.r;
    image[p + n] = color.g;
    image[p + 2u * n] = color.b;
}
