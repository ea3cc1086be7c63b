// From Winograd's domain, F(4x4, 3x3), with bias and activation: Y = act(Aᵀ M A + b), four by four pixels of a tile.
// activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh. One invocation per tile and output channel,
// id.x + id.y fold.
struct Params {
    channels: u32, height: u32, width: u32, // of the output
    across: u32, down: u32,                 // tiles of an image
    first: u32, count: u32, row: u32,       // tiles of all images: where they begin, how many, rounded up
    rows: u32,                              // output channels, rounded up
    biased: u32, activation: u32, slope: f32,
    fold: u32,                              // invocations of a line of the grid
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> m: array<Value>;  // [36, rows, row]
@group(0) @binding(1) var<storage, read_write> bias: array<f32>; // [O], or anything if not biased
@group(0) @binding(2) var<storage, read_write> y: array<Value>;  // [B, O, H, W]
@group(0) @binding(3) var<storage, read_write> params: Params;

fn act(y: vec4<f32>) -> vec4<f32> {
    switch params.activation {
        case 1u: { return max(y, vec4(0.0)); }
        case 2u: { return select(params.slope * y, y, y > vec4(0.0)); }
        // tanh overflows on some adapters far from zero.
        case 3u: { return tanh(clamp(y, vec4(-15.0), vec4(15.0))); }
        default: { return y; }
    }
}

// Row n of Aᵀ M, where a row of M lies six steps further: all six values of it as 4 of the output.
fn line(at: u32, step: u32) -> vec4<f32> {
    let m0 = f32(m[at]);
    let m1 = f32(m[at + step]);
    let m2 = f32(m[at + 2u * step]);
    let m3 = f32(m[at + 3u * step]);
    let m4 = f32(m[at + 4u * step]);
    let m5 = f32(m[at + 5u * step]);
    let p = m1 + m2;
    let q = m1 - m2;
    let r = m3 + m4;
    let s = m3 - m4;
    return vec4(m0 + p + r, q + 2.0 * s, p + 4.0 * r, q + 8.0 * s + m5);
}

fn put(at: u32, inside: vec4<bool>, value: vec4<f32>) {
    let s = act(value);
    if (inside.x) { y[at] = Value(s.x); }
    if (inside.y) { y[at + 1u] = Value(s.y); }
    if (inside.z) { y[at + 2u] = Value(s.z); }
    if (inside.w) { y[at + 3u] = Value(s.w); }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let c = index / params.count;
    let tile = index - c * params.count;
    if (c >= params.channels) { return; }
    let t = params.first + tile;
    let across = params.across;
    let each = across * params.down;
    let b = t / each;
    let down = (t - b * each) / across;
    let y0 = down * 4u;
    let x0 = (t - b * each - down * across) * 4u;
    let step = params.rows * params.row;
    let at = c * params.row + tile;
    let l0 = line(at, step);
    let l1 = line(at + 6u * step, step);
    let l2 = line(at + 12u * step, step);
    let l3 = line(at + 18u * step, step);
    let l4 = line(at + 24u * step, step);
    let l5 = line(at + 30u * step, step);
    let p = l1 + l2;
    let q = l1 - l2;
    let r = l3 + l4;
    let s = l3 - l4;
    var add = 0.0;
    if (params.biased == 1u) { add = bias[c]; }
    let width = params.width;
    let at_y = (b * params.channels + c) * params.height * width + y0 * width + x0;
    let inside = vec4(x0) + vec4(0u, 1u, 2u, 3u) < vec4(width);
    let lines = vec4(y0) + vec4(0u, 1u, 2u, 3u) < vec4(params.height);
    put(at_y, inside & vec4(lines.x), l0 + p + r + add);
    put(at_y + width, inside & vec4(lines.y), q + 2.0 * s + add);
    put(at_y + 2u * width, inside & vec4(lines.z), p + 4.0 * r + add);
    put(at_y + 3u * width, inside & vec4(lines.w), q + 8.0 * s + l5 + add);
}
