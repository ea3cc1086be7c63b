// Pictures to Winograd's domain, F(4x4, 3x3): V[k] = (Bᵀ d B)[k] of every 6x6 patch d, k = 0..36. Padding is in the
// index arithmetic: mode 0 zeros, 1 reflect, 2 replicate. If entered, x is first x scale + shift of its plane, negative
// numbers times slope. One invocation per tile and channel, id.x + id.y fold.
struct Params {
    channels: u32, height: u32, width: u32, // of the input
    across: u32, down: u32,                 // tiles of an image
    first: u32, count: u32, row: u32,       // tiles of all images: where they begin, how many, rounded up
    padding: u32, mode: u32, fold: u32,     // fold: invocations of a line of the grid
    entered: u32, slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>; // [B, C, H, W]
@group(0) @binding(1) var<storage, read_write> scales: array<f32>; // [2, B C], or anything if not entered
@group(0) @binding(2) var<storage, read_write> v: array<Value>; // [36, C, row]
@group(0) @binding(3) var<storage, read_write> params: Params;

// Where coordinates q of the padded picture lie in one of n pixels, and whether they do.
struct Place { at: vec3<i32>, inside: vec3<bool> }

fn place(q: vec3<i32>, n: i32, mode: u32) -> Place {
    let mirrored = n - 1 - abs(n - 1 - abs(q));
    let wanted = select(q, mirrored, mode == 1u);
    let at = clamp(wanted, vec3(0), vec3(n - 1));
    return Place(at, (at == wanted) | vec3(mode != 0u));
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

// What three pixels are as they are read: of their plane by[0] is the scale, by[1] the shift.
fn enter(x: vec3<f32>, by: vec2<f32>) -> vec3<f32> {
    let y = x * by.x + by.y;
    return max(y, y * params.slope);
}

// Six pixels of a line. Without branches: neighbours at a border and inside would take both.
fn line(row: u32, exists: bool, left: Place, right: Place, by: vec2<f32>) -> Line {
    let a = row + vec3<u32>(left.at);
    let b = row + vec3<u32>(right.at);
    let l = left.inside & vec3(exists);
    let r = right.inside & vec3(exists);
    let p = select(vec3(0.0), enter(vec3(f32(x[a.x]), f32(x[a.y]), f32(x[a.z])), by), l);
    let q = select(vec3(0.0), enter(vec3(f32(x[b.x]), f32(x[b.y]), f32(x[b.z])), by), r);
    return turn(p.x, p.y, p.z, q.x, q.y, q.z);
}

// Three columns of one row of the result.
fn write(at: u32, step: u32, s: vec3<f32>) {
    v[at] = Value(s.x);
    v[at + step] = Value(s.y);
    v[at + 2u * step] = Value(s.z);
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
    let c = index / params.count;
    let tile = index - c * params.count;
    if (c >= params.channels) { return; }
    let t = params.first + tile;
    let across = params.across;
    let each = across * params.down;
    let b = t / each;
    let down = (t - b * each) / across;
    let y = vec3(i32(down * 4u) - i32(params.padding)) + vec3(0, 1, 2);
    let q = vec3(i32((t - b * each - down * across) * 4u) - i32(params.padding)) + vec3(0, 1, 2);
    let h = i32(params.height);
    let w = i32(params.width);
    let mode = params.mode;
    let top = place(y, h, mode);
    let bottom = place(y + 3, h, mode);
    let left = place(q, w, mode);
    let right = place(q + 3, w, mode);
    let plane = b * params.channels + c;
    let base = plane * u32(h * w);
    var by = vec2(1.0, 0.0);
    if (params.entered > 0u) { by = vec2(scales[plane], scales[params.entered + plane]); }
    let row = base + vec3<u32>(top.at) * u32(w);
    let low = base + vec3<u32>(bottom.at) * u32(w);
    put(c, tile,
        line(row.x, top.inside.x, left, right, by),
        line(row.y, top.inside.y, left, right, by),
        line(row.z, top.inside.z, left, right, by),
        line(low.x, bottom.inside.x, left, right, by),
        line(low.y, bottom.inside.y, left, right, by),
        line(low.z, bottom.inside.z, left, right, by));
}
