# add_bpf_skeleton(<name> <source.bpf.c>...)
#
# Compiles the probes, links them into one object, so that they share their maps, and wraps it in a
# C++ header. Afterwards
#
#   target_link_libraries(my_target PRIVATE bpf::<name>)
#
# gives my_target the header "<name>.skel.h", holding struct <name>_bpf, and libbpf to link with.
# Editing a probe or any header it includes rebuilds all. Nothing of the build host's kernel goes in:
# the types are those of bpf/vmlinux.

find_program(BPF_CLANG NAMES clang-14 clang REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set(BPF_TARGET_ARCH x86)
else()
  message(FATAL_ERROR "No probe has been written for ${CMAKE_SYSTEM_PROCESSOR}")
endif()

function(add_bpf_skeleton name)
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/skeletons/${name}.skel.h)
  set(objects)

  foreach(source ${ARGN})
    cmake_path(GET source STEM stem)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.${stem}.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${BPF_CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror
              -Wno-unused-parameter -D__TARGET_ARCH_${BPF_TARGET_ARCH}
              -I${PROJECT_SOURCE_DIR}/bpf -I${PROJECT_SOURCE_DIR}/bpf/vmlinux
              -MD -MF ${object}.d -MT ${object}
              -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      MAIN_DEPENDENCY ${source}
      DEPFILE ${object}.d
      COMMENT "Compiling probe ${stem}"
      VERBATIM)
    list(APPEND objects ${object})
  endforeach()

  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/skeletons
    COMMAND ${BPFTOOL} gen object ${linked} ${objects}
    COMMAND ${BPFTOOL} gen skeleton ${linked} name ${name}_bpf > ${header}
    DEPENDS ${objects}
    COMMENT "Generating ${name}.skel.h"
    VERBATIM)

  add_custom_target(bpf_${name}_header DEPENDS ${header})
  add_library(bpf_${name} INTERFACE)
  add_library(bpf::${name} ALIAS bpf_${name})
  add_dependencies(bpf_${name} bpf_${name}_header)
  # SYSTEM: warnings in generated code are not ours to fix.
  target_include_directories(bpf_${name} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR}/skeletons)
  target_link_libraries(bpf_${name} INTERFACE PkgConfig::LIBBPF)
endfunction()
