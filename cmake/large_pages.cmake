# large_pages(TARGET): the program's code can be mapped in pages of 2 MB. Each command is a start of the program, and
# where the kernel brings in its code by pieces of 64 KiB that is a third of what a short one takes. For that its code
# begins at such a page, in memory and in the file; and the file is written in one piece, as the page cache keeps what
# came at once in large pages, and what a linker writes here and there in small ones. Where the file system has only
# small ones nothing changes.
function(large_pages target)
  target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/end_of_code.cpp)
  target_link_options(${target} PRIVATE -Wl,-z,max-page-size=0x200000 -Wl,-z,separate-code)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}> -P ${CMAKE_SOURCE_DIR}/cmake/in_one_piece.cmake)
endfunction()
