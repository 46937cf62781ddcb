parla::kernels! {
    mod vectors = "kernels/vectors.ptx";
}

fn main() {}
