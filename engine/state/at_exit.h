#pragma once

namespace engine {

// For a program that ends right after its last database: from then on they are left to the kernel instead of
// being closed, which gives back memory piece by piece. What is to be durable is so before.
void leave_databases_to_exit() noexcept;

}  // namespace engine
