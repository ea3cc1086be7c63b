// Three planes -> packed RGBA8: each channel clamped to 0..1 and rounded to the nearest of 256 steps, half up.
// Alpha is taken from another packed picture of the same size. One invocation per pixel: id.x + id.y * row.
struct Params { pixels: u32, row: u32 }

@group(0) @binding(0) var<storage, read_write> image: array<f32>;  // [1, 3, H, W]
@group(0) @binding(1) var<storage, read_write> alpha: array<u32>;  // [H, W]
@group(0) @binding(2) var<storage, read_write> packed: array<u32>; // [H, W]
@group(0) @binding(3) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let p = id.x + id.y * params.row;
    let n = params.pixels;
    if (p >= n) { return; }
    let color = vec3(image[p], image[p + n], image[p + 2u * n]);
    let steps = vec3<u32>(floor(clamp(color, vec3(0.0), vec3(1.0)) * 255.0 + 0.5));
    packed[p] = steps.r | (steps.g << 8u) | (steps.b << 16u) | (alpha[p] & 0xff000000u);
}
