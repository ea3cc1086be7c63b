// Pictures to Winograd's domain, F(4x4, 3x3): V[k] = (Bᵀ d B)[k] of every 6x6 patch d, k = 0..36. Padding is in the
// index arithmetic: mode 0 zeros, 1 reflect, 2 replicate. One invocation per tile and channel,
// id.x + id.y fold.
struct Params {
    channels: u32, height: u32, width: u32, // of the input
    across: u32, down: u32,                 // tiles of an image
    first: u32, count: u32, row: u32,       // tiles of all images: where they begin, how many, rounded up
    padding: u32, mode: u32, fold: u32,     // fold: invocations of a line of the grid
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>; // [B, C, H, W]
@group(0) @binding(1) var<storage, read_write> v: array<f32>; // [36, C, row]
@group(0) @binding(2) var<storage, read_write> params: Params;

// Where coordinate q of the padded picture lies in one of n pixels; -1 outside.
fn place(q: i32, n: i32) -> i32 {
    if (q >= 0 && q < n) { return q; }
    if (params.mode == 0u) { return -1; }
    if (params.mode == 1u) { return clamp(n - 1 - abs(n - 1 - abs(q)), 0, n - 1); }
    return clamp(q, 0, n - 1);
}

struct Line { a: vec3<f32>, b: vec3<f32> }

// Bᵀ on six values.
fn turn(d0: f32, d1: f32, d2: f32, d3: f32, d4: f32, d5: f32) -> Line {
    let even = d4 - 4.0 * d2;
    let odd = d3 - 4.0 * d1;
    let p = d4 - d2;
    let q = 2.0 * (d3 - d1);
    return Line(vec3(4.0 * d0 - 5.0 * d2 + d4, even + odd, even - odd),
                vec3(p + q, p - q, 4.0 * d1 - 5.0 * d3 + d5));
}

// A line of six pixels that lie in the picture.
fn inner(at: u32) -> Line {
    return turn(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u]);
}

fn pixel(row: u32, q: i32) -> f32 {
    let at = place(q, i32(params.width));
    if (at < 0) { return 0.0; }
    return x[row + u32(at)];
}

// A line at the border or beyond.
fn outer(base: u32, y: i32, q: i32) -> Line {
    let at = place(y, i32(params.height));
    if (at < 0) { return Line(vec3(0.0), vec3(0.0)); }
    let row = base + u32(at) * params.width;
    return turn(pixel(row, q), pixel(row, q + 1), pixel(row, q + 2), pixel(row, q + 3), pixel(row, q + 4), pixel(row, q + 5));
}

// Three columns of one row of the result.
fn write(at: u32, step: u32, s: vec3<f32>) {
    v[at] = s.x;
    v[at + step] = s.y;
    v[at + 2u * step] = s.z;
}

// Bᵀ downwards on three columns.
fn down(at: u32, step: u32, d0: vec3<f32>, d1: vec3<f32>, d2: vec3<f32>, d3: vec3<f32>, d4: vec3<f32>, d5: vec3<f32>) {
    let even = d4 - 4.0 * d2;
    let odd = d3 - 4.0 * d1;
    let p = d4 - d2;
    let q = 2.0 * (d3 - d1);
    write(at, step, 4.0 * d0 - 5.0 * d2 + d4);
    write(at + 6u * step, step, even + odd);
    write(at + 12u * step, step, even - odd);
    write(at + 18u * step, step, p + q);
    write(at + 24u * step, step, p - q);
    write(at + 30u * step, step, 4.0 * d1 - 5.0 * d3 + d5);
}

fn put(c: u32, t: u32, l0: Line, l1: Line, l2: Line, l3: Line, l4: Line, l5: Line) {
    let step = params.channels * params.row;
    let at = c * params.row + t;
    down(at, step, l0.a, l1.a, l2.a, l3.a, l4.a, l5.a);
    down(at + 3u * step, step, l0.b, l1.b, l2.b, l3.b, l4.b, l5.b);
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let tile = index % params.count;
    let c = index / params.count;
    if (c >= params.channels) { return; }
    let t = params.first + tile;
    let each = params.across * params.down;
    let b = t / each;
    let y = i32((t % each) / params.across) * 4 - i32(params.padding);
    let x0 = i32(t % params.across) * 4 - i32(params.padding);
    let h = i32(params.height);
    let w = i32(params.width);
    let base = (b * params.channels + c) * params.height * params.width;

    if (y >= 0 && x0 >= 0 && y + 6 <= h && x0 + 6 <= w) {
        let at = base + u32(y) * params.width + u32(x0);
        let n = params.width;
        put(c, tile, inner(at), inner(at + n), inner(at + 2u * n), inner(at + 3u * n), inner(at + 4u * n), inner(at + 5u * n));
    } else {
        put(c, tile, outer(base, y, x0), outer(base, y + 1, x0), outer(base, y + 2, x0),
            outer(base, y + 3, x0), outer(base, y + 4, x0), outer(base, y + 5, x0));
    }
}
