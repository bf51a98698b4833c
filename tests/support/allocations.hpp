// The whole program's operator new, with a say for tests in what it does; memory from malloc, so that sanitizers see it. For one file of a
// program: functions that replace the library's must not be inline.
#pragma once

#include <cstdlib>
#include <new>

namespace volley::test {

/// Called on its thread before each allocation there; may throw std::bad_alloc. Null: nobody is asked.
inline thread_local void (*on_allocation)(std::size_t size) = nullptr;

inline void* allocate(std::size_t size) {
    if (on_allocation != nullptr) on_allocation(size);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}

}  // namespace volley::test

void* operator new(std::size_t size) { return volley::test::allocate(size); }
void* operator new[](std::size_t size) { return volley::test::allocate(size); }
// Sanitizers have one of their own otherwise, whose memory free() must not be given; std::stable_sort asks here for its buffer.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return volley::test::allocate(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
