// Linked into programs by large_pages.cmake. Behind the code, at the beginning of the next large page, so
// that the one before is part of the code's mapping as a whole.
asm(".pushsection .end_of_code, \"axR\"\n"
    ".balign 0x200000\n"
    ".byte 0\n"
    ".popsection");
