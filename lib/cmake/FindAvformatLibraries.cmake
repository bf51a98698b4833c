# What the plugin for files of video is made of: targets AvformatLibraries::<name> for avformat, avcodec, swscale and avutil.
include(FindPackageHandleStandardArgs)
set(AvformatLibraries_wanted)
foreach(name IN ITEMS avformat avcodec swscale avutil)
  find_library(AvformatLibraries_${name}_LIBRARY ${name})
  find_path(AvformatLibraries_${name}_INCLUDE_DIR lib${name}/version.h)
  mark_as_advanced(AvformatLibraries_${name}_LIBRARY AvformatLibraries_${name}_INCLUDE_DIR)
  list(APPEND AvformatLibraries_wanted AvformatLibraries_${name}_LIBRARY AvformatLibraries_${name}_INCLUDE_DIR)
  if(AvformatLibraries_${name}_LIBRARY AND AvformatLibraries_${name}_INCLUDE_DIR AND NOT TARGET AvformatLibraries::${name})
    add_library(AvformatLibraries::${name} UNKNOWN IMPORTED)
    set_target_properties(AvformatLibraries::${name} PROPERTIES IMPORTED_LOCATION ${AvformatLibraries_${name}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${AvformatLibraries_${name}_INCLUDE_DIR})
  endif()
endforeach()
find_package_handle_standard_args(AvformatLibraries REQUIRED_VARS ${AvformatLibraries_wanted}
  REASON_FAILURE_MESSAGE "Debian has them in libavformat-dev, libavcodec-dev, libswscale-dev and libavutil-dev")
