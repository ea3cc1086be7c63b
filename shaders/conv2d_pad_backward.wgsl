// The gradient of padding: each pixel gathers the gradients of all places of the padded picture that show it.
// mode: 1 reflect, 2 replicate. One invocation per pixel (id.x + id.z fold) and plane (id.y).
struct Params { height: u32, width: u32, padding: u32, mode: u32, fold: u32 } // of the picture without its padding

@group(0) @binding(0) var<storage, read_write> grad: array<f32>; // [planes, H + 2 padding, W + 2 padding]
@group(0) @binding(1) var<storage, read_write> out: array<f32>;  // [planes, H, W]
@group(0) @binding(2) var<storage, read_write> params: Params;

// What one line of the padded gradient holds for column x.
fn line(base: u32, y: u32, x: u32) -> f32 {
    let p = params.padding;
    let n = params.width;
    let row = base + y * (n + 2u * p);
    var sum = grad[row + x + p];
    if (params.mode == 1u) {
        if (x >= 1u && x <= p) { sum += grad[row + p - x]; }
        if (x + 1u < n && n - 1u - x <= p) { sum += grad[row + p + 2u * (n - 1u) - x]; }
    } else {
        if (x == 0u) { for (var i = 0u; i < p; i += 1u) { sum += grad[row + i]; } }
        if (x == n - 1u) { for (var i = 0u; i < p; i += 1u) { sum += grad[row + p + n + i]; } }
    }
    return sum;
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let h = params.height;
    let n = params.width;
    let p = params.padding;
    let pixel = id.x + id.z * params.fold;
    if (pixel >= h * n) { return; }
    let y = pixel / n;
    let x = pixel % n;
    let base = id.y * (h + 2u * p) * (n + 2u * p);
    var sum = line(base, y + p, x);
    if (params.mode == 1u) {
        if (y >= 1u && y <= p) { sum += line(base, p - y, x); }
        if (y + 1u < h && h - 1u - y <= p) { sum += line(base, p + 2u * (h - 1u) - y, x); }
    } else {
        if (y == 0u) { for (var i = 0u; i < p; i += 1u) { sum += line(base, i, x); } }
        if (y == h - 1u) { for (var i = 0u; i < p; i += 1u) { sum += line(base, p + h + i, x); } }
    }
    out[id.y * h * n + pixel] = sum;
}
