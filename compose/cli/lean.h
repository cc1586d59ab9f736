#pragma once
// compose is two programs of the same sources, beside each other: `compose`, linked statically, starts in
// half the time and cannot load shared libraries; `compose-full` can. The first is what users start. It
// becomes the second, with the same words and the same process, for a command that is not known to do without
// libraries, and for any other at the moment it wants one (sys::want_libraries) - but only as long as it has
// changed nothing, since all that it has done so far is done once more. So it does not read what can be read
// only once, as standard input: compose-full is chosen where a word or a variable names such a file.
#include <string>
#include <vector>

namespace compose::cli::lean {

// This is `compose`; called once, before anything else. `argv`: main's, kept.
void begin(char** argv);

// Before a command: `words` are its name and what follows. Does not return where it is one for compose-full.
// Throws sys::Error when that is not there. In compose-full it does nothing, as all of these.
void choose(const std::vector<std::string>& words);
// The project has been read: commands that only look at what there is want nothing any more.
void after_reading();
// From here on something is changed: it is too late to start over.
void settle();
// Something is about to be shown: what was told before comes first.
void show();
// What a command tells that may still start over for its images is kept until something else is shown, or it
// would be told twice. False: it is not kept. Any thread.
bool keep(const std::string& text);

}  // namespace compose::cli::lean
