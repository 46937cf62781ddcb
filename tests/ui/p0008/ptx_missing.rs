parla::kernels! {
    mod vectors = "kernels/unbuilt.cu";
}

fn main() {}
