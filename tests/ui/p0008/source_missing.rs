parla::kernels! {
    mod vectors = "kernels/nowhere.cu";
}

fn main() {}
